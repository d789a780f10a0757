/**
 * Answers that go on for as long as their client listens (`/beta/listen`). The right to one may end meanwhile: its token
 * was revoked, the database blocked, its address no longer allowed. They are judged again whenever the database's entry
 * changes, like open WebSockets; that a token's time is over, the host sees by itself.
 *
 * @module
 */
import type { Directory, DirectoryEntry } from '../platform/directory.ts';

const FEED_PATH = '/beta/listen';

export function isFeed(path: string): boolean {
  return path === FEED_PATH;
}

export interface OpenFeed {
  readonly databaseId: string;
  /** Whether the request would be let in today. */
  isAllowed(entry: DirectoryEntry): Promise<boolean>;
  end(): void;
}

export class OpenFeeds {
  readonly #directory: Directory;
  readonly #byDatabase = new Map<string, Set<OpenFeed>>();
  readonly #stopListening: () => void;

  constructor(directory: Directory) {
    this.#directory = directory;
    this.#stopListening = directory.onChange((databaseId) => {
      for (const feed of this.#byDatabase.get(databaseId) ?? []) {
        this.#judge(feed).catch(() => feed.end());
      }
    });
  }

  /** @returns call it when the feed is over */
  add(feed: OpenFeed): () => void {
    const feeds = this.#byDatabase.get(feed.databaseId) ?? new Set();
    this.#byDatabase.set(feed.databaseId, feeds.add(feed));
    return () => {
      feeds.delete(feed);
      if (feeds.size === 0 && this.#byDatabase.get(feed.databaseId) === feeds) {
        this.#byDatabase.delete(feed.databaseId);
      }
    };
  }

  /** The server goes away: a feed never ends by itself. */
  close(): void {
    this.#stopListening();
    for (const feeds of this.#byDatabase.values()) {
      for (const feed of feeds) {
        feed.end();
      }
    }
  }

  async #judge(feed: OpenFeed): Promise<void> {
    const entry = await this.#directory.byId(feed.databaseId);
    if (entry === undefined || entry.settings.blockReads || !(await feed.isAllowed(entry))) {
      feed.end();
    }
  }
}
