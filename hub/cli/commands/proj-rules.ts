import type { Command } from 'commander'
import { clientOf, type Rim } from '../context.ts'
import { CliError } from '../errors.ts'
import { update, type GroupKind, type Project } from '../proj-spec.ts'

type Spec = Project['spec']

/** What a project permits: destinations, sources, namespaces of applications, kinds, keys, orphans. */
export function addRules(proj: Command, rim: Rim): void {
  const edit = (command: Command, name: string, change: (spec: Spec) => boolean | void): Promise<void> =>
    update(clientOf(command, rim), name, ({ spec }) => change(spec))

  proj
    .command('add-destination <project> <server> <namespace>')
    .description('permit a destination')
    .option('--name', 'the server is the name of a cluster')
    .action((name: string, server: string, namespace: string, flags: { name?: boolean }, command: Command) =>
      edit(command, name, (spec) => {
        const made = flags.name ? { name: server, namespace } : { server, namespace }
        const same = (spec.destinations ?? []).some(
          (one) =>
            (one.server ?? '') === (made.server ?? '') &&
            one.namespace === namespace &&
            (one.name ?? '') === (made.name ?? ''),
        )
        if (same) throw new CliError('Specified destination is already defined in project', 1)
        spec.destinations = [...(spec.destinations ?? []), made]
      }),
    )
  proj
    .command('remove-destination <project> <server> <namespace>')
    .description('take a destination back')
    .action((name: string, server: string, namespace: string, _flags: unknown, command: Command) =>
      edit(command, name, (spec) => {
        const rest = (spec.destinations ?? []).filter(
          (one) => (one.server || one.name) !== server || one.namespace !== namespace,
        )
        if (rest.length === (spec.destinations ?? []).length)
          throw new CliError('Specified destination does not exist in project', 1)
        spec.destinations = rest
      }),
    )
  proj
    .command('add-destination-service-account <project> <server> <namespace> <service-account>')
    .description('name the service account that syncs to a destination')
    .option('--service-account-namespace <namespace>', 'where the service account is')
    .action(
      (
        name: string,
        server: string,
        namespace: string,
        account: string,
        flags: { serviceAccountNamespace?: string },
        command: Command,
      ) => {
        const within = flags.serviceAccountNamespace ?? ''
        if (within.includes('*'))
          throw new CliError('service-account-namespace for DestinationServiceAccount must not contain wildcards', 1)
        if (account.includes('*'))
          throw new CliError('ServiceAccount for DestinationServiceAccount must not contain wildcards', 1)
        const made = { server, namespace, defaultServiceAccount: within === '' ? account : `${within}:${account}` }
        return edit(command, name, (spec) => {
          if ((spec.destinationServiceAccounts ?? []).some((one) => sameAccount(one, made)))
            throw new CliError('Specified destination service account is already defined in project', 1)
          spec.destinationServiceAccounts = [...(spec.destinationServiceAccounts ?? []), made]
        })
      },
    )
  proj
    .command('remove-destination-service-account <project> <server> <namespace> <service-account>')
    .description('take the service account of a destination back')
    .action((name: string, server: string, namespace: string, account: string, _flags: unknown, command: Command) =>
      edit(command, name, (spec) => {
        const before = spec.destinationServiceAccounts ?? []
        const gone = { server, namespace, defaultServiceAccount: account }
        const rest = before.filter((one) => !sameAccount(one, gone))
        if (rest.length === before.length)
          throw new CliError('Specified destination service account does not exist in project', 1)
        spec.destinationServiceAccounts = rest
      }),
    )
  proj
    .command('add-source <project> <url>')
    .description('permit a source')
    .action((name: string, url: string, _flags: unknown, command: Command) =>
      edit(command, name, (spec) => {
        if ((spec.sourceRepos ?? []).includes(url))
          return rim.out(`Source repository '${url}' already allowed in project\n`)
        spec.sourceRepos = [...(spec.sourceRepos ?? []), url]
      }),
    )
  proj
    .command('remove-source <project> <url>')
    .description('take a source back')
    .action((name: string, url: string, _flags: unknown, command: Command) =>
      edit(command, name, (spec) => {
        if (!(spec.sourceRepos ?? []).includes(url)) {
          rim.out(`Source repository '${url}' does not exist in project\n`)
          return false
        }
        spec.sourceRepos = (spec.sourceRepos ?? []).filter((one) => one !== url)
        return true
      }),
    )
  proj
    .command('add-source-namespace <project> <namespace>')
    .description('permit applications in a namespace')
    .action((name: string, namespace: string, _flags: unknown, command: Command) =>
      edit(command, name, (spec) => {
        if ((spec.sourceNamespaces ?? []).includes(namespace)) {
          rim.out(`Source namespace '${namespace}' already allowed in project\n`)
          return false
        }
        spec.sourceNamespaces = [...(spec.sourceNamespaces ?? []), namespace]
        return true
      }),
    )
  proj
    .command('remove-source-namespace <project> <namespace>')
    .description('take a namespace of applications back')
    .action((name: string, namespace: string, _flags: unknown, command: Command) =>
      edit(command, name, (spec) => {
        if (namespace === '*' || !(spec.sourceNamespaces ?? []).includes(namespace)) {
          rim.out(`Source namespace '${namespace}' does not exist in project or cannot be removed\n`)
          return false
        }
        spec.sourceNamespaces = (spec.sourceNamespaces ?? []).filter((one) => one !== namespace)
        return true
      }),
    )
  proj
    .command('add-signature-key <project> <key-id>')
    .description('permit commits signed with a key')
    .action((name: string, keyID: string, _flags: unknown, command: Command) =>
      edit(command, name, (spec) => {
        if (!/^([\da-f]{16}|[\da-f]{40})$/i.test(keyID)) throw new CliError(`'${keyID}' is not a valid GnuPG key ID`, 1)
        if ((spec.signatureKeys ?? []).some((one) => one.keyID === keyID))
          throw new CliError('Specified signature key is already defined in project', 1)
        spec.signatureKeys = [...(spec.signatureKeys ?? []), { keyID }]
      }),
    )
  proj
    .command('remove-signature-key <project> <key-id>')
    .description('take a key back')
    .action((name: string, keyID: string, _flags: unknown, command: Command) =>
      edit(command, name, (spec) => {
        const rest = (spec.signatureKeys ?? []).filter((one) => one.keyID !== keyID)
        if (rest.length === (spec.signatureKeys ?? []).length)
          throw new CliError('Specified signature key is not configured for project', 1)
        spec.signatureKeys = rest
      }),
    )
  addOrphans(proj, edit)
  addKinds(proj, rim, edit)
}

type Edit = (command: Command, name: string, change: (spec: Spec) => boolean | void) => Promise<void>

function addOrphans(proj: Command, edit: Edit): void {
  proj
    .command('add-orphaned-ignore <project> <group> <kind>')
    .description('do not warn of orphaned resources of a kind')
    .option('--name <pattern>', 'only of these names')
    .action((project: string, group: string, kind: string, flags: { name?: string }, command: Command) =>
      edit(command, project, (spec) => {
        const ignore = (spec.orphanedResources?.ignore ?? []) as GroupKind[]
        const { name = '' } = flags
        if (ignore.some((one) => one.group === group && one.kind === kind && (one.name ?? '') === name))
          throw new CliError('Specified resource is already defined in the orphaned ignore list of project', 1)
        const made = { group, kind, ...(name ? { name } : {}) }
        spec.orphanedResources = { ...spec.orphanedResources, ignore: [...ignore, made] }
      }),
    )
  proj
    .command('remove-orphaned-ignore <project> <group> <kind>')
    .description('warn of them again')
    .option('--name <pattern>', 'only of these names')
    .action((project: string, group: string, kind: string, flags: { name?: string }, command: Command) =>
      edit(command, project, (spec) => {
        const missing = 'Specified resource does not exist in the orphaned ignore list of project'
        const ignore = (spec.orphanedResources?.ignore ?? []) as GroupKind[]
        const { name = '' } = flags
        const rest = ignore.filter((one) => one.group !== group || one.kind !== kind || (one.name ?? '') !== name)
        if (rest.length === ignore.length) throw new CliError(missing, 1)
        spec.orphanedResources = { ...spec.orphanedResources, ignore: rest }
      }),
    )
}

/** `allow-…` adds to the list of what is allowed, or takes from the list of what is denied; `deny-…` the other way. */
function addKinds(proj: Command, rim: Rim, edit: Edit): void {
  const add = (allow: boolean, cluster: boolean): void => {
    const scope = cluster ? 'cluster' : 'namespace'
    const command = proj
      .command(`${allow ? 'allow' : 'deny'}-${scope}-resource <project> <group> <kind>${cluster ? ' [name]' : ''}`)
      .description(`${allow ? 'allow' : 'deny'} ${cluster ? 'cluster-scoped' : 'namespaced'} resources of a kind`)
      .option('-l, --list <list>', 'the allow or the deny list', cluster ? 'allow' : 'deny')
    command.action((project: string, group: string, kind: string, ...rest: unknown[]) => {
      const [flags, self] = rest.slice(-2) as [{ list: string }, Command]
      const name = cluster && typeof rest[0] === 'string' ? rest[0] : ''
      const allowed = flags.list === 'allow' || flags.list === 'white'
      const adding = allowed === allow
      const key = cluster
        ? allowed
          ? 'clusterResourceWhitelist'
          : 'clusterResourceBlacklist'
        : allowed
          ? 'namespaceResourceWhitelist'
          : 'namespaceResourceBlacklist'
      const what = cluster
        ? `Group '${group}', kind '${kind}', and name '${name}'`
        : `Group '${group}' and kind '${kind}'`
      const where = `${allowed ? 'allowed' : 'denied'} ${cluster ? 'cluster' : 'namespaced'} resources`
      return edit(self, project, (spec) => {
        const list = spec[key] ?? []
        const same = (one: GroupKind): boolean =>
          one.group === group && one.kind === kind && (!cluster || (one.name ?? '') === name)
        if (adding === list.some(same)) return false
        spec[key] = adding ? [...list, { group, kind, ...(name ? { name } : {}) }] : list.filter((one) => !same(one))
        rim.err(`${what} is ${adding ? 'added to' : 'removed from'} ${where}\n`)
        return true
      })
    })
  }
  add(true, true)
  add(false, true)
  add(true, false)
  add(false, false)
}

interface ServiceAccountRule {
  server?: string
  namespace?: string
  defaultServiceAccount?: string
}

function sameAccount(a: ServiceAccountRule, b: ServiceAccountRule): boolean {
  return (
    a.server === b.server && (a.namespace ?? '') === b.namespace && a.defaultServiceAccount === b.defaultServiceAccount
  )
}
