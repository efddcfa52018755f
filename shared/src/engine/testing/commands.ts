import type { Command } from './command.ts'
import { compareCommands } from './compare-commands.ts'
import { decisionCommands } from './decision-commands.ts'
import { objectCommands } from './object-commands.ts'

/** The commands of transcripts, by name. */
export const commands: Readonly<Record<string, Command>> = {
  ...compareCommands,
  ...decisionCommands,
  ...objectCommands,
}
