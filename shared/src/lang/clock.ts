/** Time as an argument: real at the rim, virtual in tests. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Calls back once after `ms`; the answer cancels. Never keeps the process alive by itself. */
  after(ms: number, callback: () => void): () => void
}

/** Randomness as an argument. */
export interface Random {
  bytes(length: number): Uint8Array
  /** In [0, 1). */
  next(): number
  uuid(): string
}
