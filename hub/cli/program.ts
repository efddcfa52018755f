import { Command, CommanderError, type Option } from 'commander'
import { addExplainCommand } from './commands/app-explain.ts'
import { addReadCommands } from './commands/app-read.ts'
import { addResourceCommands } from './commands/app-resource.ts'
import { addSourceCommands } from './commands/app-sources.ts'
import { addSyncCommands } from './commands/app-sync.ts'
import { addWriteCommands } from './commands/app-write.ts'
import { addAccountCommands } from './commands/account.ts'
import { addAdminCommands } from './commands/admin.ts'
import { addApplicationSetCommands } from './commands/appset.ts'
import { addCertificateCommands } from './commands/cert.ts'
import { addClusterCommands } from './commands/cluster.ts'
import { addGpgCommands } from './commands/gpg.ts'
import { addProjectCommands } from './commands/proj.ts'
import { addRepositoryCommands } from './commands/repo.ts'
import { addRepoCredsCommands } from './commands/repo-creds.ts'
import { addSessionCommands } from './commands/session.ts'
import type { Rim } from './context.ts'
import { CliError } from './errors.ts'

const teach = `
First steps:
  flotilla login HOST:PORT --username admin
  flotilla cluster add prod --label env=prod        register a cluster; prints how to install its agent
  flotilla app create web --repo URL --path DIR --dest-name prod --dest-namespace web
  flotilla app sync web                             sync it and follow
  flotilla app get web                              where does it stand?

Programs:
  flotilla hub --help                               run a hub
  flotilla agent --help                             run an agent
`

const teachApps = `
Examples:
  flotilla app list -l team=web                     those of a team
  flotilla app get web --refresh                    compare with Git now, and show
  flotilla app diff web                             what would a sync change?
  flotilla app sync web --resource apps:Deployment:front
  flotilla app set web --revision v2 -p image.tag=v2
  flotilla app history web && flotilla app rollback web 3
  flotilla app explain web                          what does it wait for?
`

/** The command line: all verbs, their flags and their help. */
export function createProgram(
  rim: Rim,
  version: string,
  ask: (prompt: string, secret: boolean) => Promise<string>,
): Command {
  const program = new Command('flotilla')
    .description('GitOps for fleets of Kubernetes clusters')
    .option('--server <host:port>', 'the hub (else ARGOCD_SERVER, else the context logged in to)')
    .option('--auth-token <token>', 'session token (else ARGOCD_AUTH_TOKEN)')
    .option('--plaintext', 'the hub speaks plain HTTP')
    .option('--insecure', "do not check the hub's certificate")
    .option('--config <file>', "this client's file")
    .option('--flotilla-context <name>', 'use another context of the file')
    .option('--grpc-web', 'accepted for scripts written for argocd; has no effect')
    .option('--loglevel <level>', 'accepted for scripts written for argocd; has no effect')
    .option('--logformat <format>', 'accepted for scripts written for argocd; has no effect')
    .addHelpText('after', teach)
    .configureOutput({ writeOut: (text) => rim.out(text), writeErr: (text) => rim.err(text) })
    .exitOverride()
  const app = program.command('app').description('applications').addHelpText('after', teachApps)
  addReadCommands(app, rim)
  addExplainCommand(app, rim)
  addWriteCommands(app, rim)
  addSourceCommands(app, rim)
  addSyncCommands(app, rim, ask)
  addResourceCommands(app, rim)
  addApplicationSetCommands(program, rim)
  addClusterCommands(program, rim)
  addProjectCommands(program, rim)
  addRepositoryCommands(program, rim)
  addRepoCredsCommands(program, rim)
  addCertificateCommands(program, rim)
  addGpgCommands(program, rim)
  addAccountCommands(program, rim, ask)
  addAdminCommands(program, rim)
  addSessionCommands(program, rim, version, ask)
  inherit(program)
  return program
}

/** Output and exit settings do not reach subcommands that exist already. */
function inherit(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command)
    inherit(child)
  }
}

/** Runs one command line; answers the exit code. */
export async function run(
  argv: readonly string[],
  rim: Rim,
  version: string,
  ask: (prompt: string, secret: boolean) => Promise<string>,
): Promise<number> {
  try {
    const program = createProgram(rim, version, ask)
    await program.parseAsync(withSwitches(program, argv), { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode
    if (error instanceof CliError) {
      if (error.message !== '') rim.err(`fatal: ${error.message}\n`)
      return error.exitCode
    }
    throw error
  }
}

/**
 * Switches take a value behind `=`, as argocd's do: `--self-heal=false` switches off, and says so where nothing said is
 * something else.
 */
function withSwitches(program: Command, argv: readonly string[]): string[] {
  const switches = new Map(optionsOf(program).flatMap((each) => (each.isBoolean() ? [[each.long, each] as const] : [])))
  const off: string[] = []
  const end = argv.indexOf('--')
  const args = argv.flatMap((arg, index) => {
    const [, name, value = ''] = /^(--[a-zA-Z-]+)=(.*)$/.exec(arg) ?? []
    const found = name === undefined || (end >= 0 && index > end) ? undefined : switches.get(name)
    if (!found || name === undefined) return [arg]
    if (/^(1|t|true)$/i.test(value)) return [name]
    if (!/^(0|f|false)$/i.test(value)) {
      throw new CliError(
        `invalid argument "${value}" for "${name}" flag: strconv.ParseBool: parsing "${value}": invalid syntax`,
        1,
      )
    }
    off.push(found.attributeName())
    return []
  })
  program.hook('preAction', (_program, command) => {
    for (const name of off) command.setOptionValue(name, false)
  })
  return args
}

function optionsOf(command: Command): Option[] {
  return [...command.options, ...command.commands.flatMap(optionsOf)]
}
