import Database from 'better-sqlite3'

// The thread of the store, in a process that dies without warning after so many statements of its start.
let left = Number(process.env['DIE_AFTER'] ?? 0)
function counted(this: void): void {
  if (--left === 0) process.kill(process.pid, 'SIGKILL')
}
const { exec, pragma } = Database.prototype as unknown as Record<'exec' | 'pragma', (...args: unknown[]) => unknown>
Object.assign(Database.prototype, {
  exec(this: unknown, ...args: unknown[]) {
    const answer = exec.apply(this, args)
    counted()
    return answer
  },
  pragma(this: unknown, ...args: unknown[]) {
    const answer = pragma.apply(this, args)
    counted()
    return answer
  },
})
await import('../thread.ts')
