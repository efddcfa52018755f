import type { Command } from 'commander'
import type { Application, ApplicationSource, ApplicationSpec } from '@flotilla/shared/argo/application'
import { routes } from '@flotilla/shared/api/routes'
import { addSourceFlags, applySourceFlags } from '../app/source-flags.ts'
import { positionOf } from '../app/spec-flags.ts'
import { clientOf, type Rim } from '../context.ts'
import { editYaml } from '../edit.ts'
import { CliError } from '../errors.ts'
import { appAddress } from './app-read.ts'

/** Changes the sources of an application of several. */
async function changeSources(
  command: Command,
  rim: Rim,
  argument: string,
  namespace: string | undefined,
  change: (spec: ApplicationSpec, name: string) => ApplicationSource[],
): Promise<void> {
  const client = clientOf(command, rim)
  const { name, params, query } = appAddress(argument, namespace)
  const { spec } = await client.call<Application>(routes.application, { params, query })
  const body = { ...spec, sources: change(spec, name) }
  await client.call(routes.updateSpec, { params, query, body })
  rim.out(`Application '${name}' updated successfully\n`)
}

/** `app add-source|remove-source|edit`. */
export function addSourceCommands(app: Command, rim: Rim): void {
  addSourceFlags(app.command('add-source <name>').description('add a source to an application of several'))
    .option('-N, --app-namespace <namespace>', 'namespace of the application')
    .addHelpText(
      'after',
      '\nExample:\n  flotilla app add-source guestbook --repo https://git.example.com/apps.git --path guestbook\n',
    )
    .action((argument: string, flags: { appNamespace?: string }, command: Command) =>
      changeSources(command, rim, argument, flags.appNamespace, ({ sources = [] }, name) => {
        if (sources.length === 0)
          throw new CliError(`Cannot add source: application ${name} does not have spec.sources defined`)
        const made: ApplicationSource = { repoURL: '' }
        applySourceFlags(made, flags)
        return [...sources, made]
      }),
    )

  app
    .command('remove-source <name>')
    .description('take a source from an application of several')
    .option('--source-position <n>', 'which, counted from 1')
    .option('--source-name <name>', 'which, by its name')
    .option('-N, --app-namespace <namespace>', 'namespace of the application')
    .action(
      async (
        argument: string,
        flags: { sourcePosition?: string; sourceName?: string; appNamespace?: string },
        command: Command,
      ) => {
        if (flags.sourceName === undefined && !(Number(flags.sourcePosition) > 0)) {
          throw new CliError('Value of source-position must be greater than 0')
        }
        await changeSources(command, rim, argument, flags.appNamespace, (spec) => {
          const position = positionOf(spec, flags) ?? 0
          const { sources = [] } = spec
          if (sources.length === 0) throw new CliError('Application does not have multiple sources configured')
          if (sources.length === 1) throw new CliError('Cannot remove the only source remaining in the app')
          if (position > sources.length) throw new CliError(`Application does not have source at ${position}\n`)
          return sources.filter((_, index) => index !== position - 1)
        })
      },
    )

  app
    .command('edit <name>')
    .description('edit the spec of an application in your editor ($KUBE_EDITOR or $EDITOR)')
    .option('-N, --app-namespace <namespace>', 'namespace of the application')
    .action(async (argument: string, flags: { appNamespace?: string }, command: Command) => {
      const client = clientOf(command, rim)
      const address = appAddress(argument, flags.appNamespace)
      const { spec } = await client.call<Application>(routes.application, address)
      const body = await editYaml(spec, rim)
      if (body === undefined) return rim.err('Edit cancelled, no changes made.\n')
      await client.call(routes.updateSpec, { ...address, body })
    })
}
