/**
 * What is the same of every location whose databases run here.
 *
 * @module
 */
import type { LocationTraits } from './engine.ts';

export abstract class EmbeddedLocations {
  traits(_location: string): LocationTraits {
    return { engine: 'embedded', keepsPolicy: false, restoresToTime: true, takesUploads: true };
  }

  checkLocations(_primary: string, _replica: string | undefined): void {
    // All are this machine: any may be with any.
  }

  statusOf(_location: string): 'up' {
    return 'up';
  }

  async configure(): Promise<void> {
    // A host gets a database's settings with every request.
    await Promise.resolve();
  }
}
