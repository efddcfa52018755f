// Programs that run for months. A nursery is swept in a moment: to share that between threads costs more than it saves.
export const flags = {
  // A heap that grows in steps costs a little more work and much less memory. Of the first minute's work a fifth was to
  // compile, most of it for nothing: what is still hot later is compiled later.
  hub: ['--no-parallel-scavenge', '--heap-growing-percent=60', '--interrupt-budget=1000000'],
  // What an agent reads of its cluster is gone in a moment: a nursery that does not grow costs no more work.
  agent: [
    '--no-parallel-scavenge',
    '--heap-growing-percent=25',
    '--semi-space-growth-factor=1',
    '--interrupt-budget=1000000',
  ],
}
