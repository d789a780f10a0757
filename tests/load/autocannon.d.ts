/** The part of autocannon (which ships no types) that the bench uses. */
declare module 'autocannon' {
  interface Options {
    readonly url: string;
    readonly method: 'POST';
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly connections: number;
    /** Seconds. */
    readonly duration: number;
    readonly setupClient?: (client: Client) => void;
  }

  interface Client {
    on(event: 'body', listener: (part: Buffer) => void): void;
  }

  interface Result {
    readonly errors: number;
    readonly timeouts: number;
    readonly non2xx: number;
    readonly '2xx': number;
    readonly requests: { readonly average: number };
    /** Seconds. */
    readonly duration: number;
  }

  interface Instance extends PromiseLike<Result> {
    on(
      event: 'response',
      listener: (client: unknown, statusCode: number, responseBytes: number, responseMs: number) => void,
    ): this;
  }

  export default function autocannon(options: Options): Instance;
}
