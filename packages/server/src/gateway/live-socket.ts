/** What can be asked of an open socket, whatever serves it. */
export interface LiveSocket {
  judgeAgain(): Promise<void>;
  close(code: number, reason: string): void;
  terminate(): void;
  ping(): void;
}
