import { main } from '@flotilla/agent/main'

process.exitCode = await main(process.argv.slice(2))
