import { benchCompare, benchTracked } from './engine.ts'

// A process of its own, which has done nothing before: how it is run is for its parent to say.
process.stdout.write(JSON.stringify([...benchCompare(10_000), benchTracked(40_000)]))
