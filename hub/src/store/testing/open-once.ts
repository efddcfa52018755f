import { openStore } from '../open.ts'

/** Opens a store, which brings it up to date, and lets it go. */
const [dir = ''] = process.argv.slice(2)
const store = await openStore(dir)
await store.close()
