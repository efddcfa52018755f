import type { Command } from 'commander'
import { readFileSync } from 'node:fs'
import { policyProblem, rbacCan } from '@flotilla/shared/access/can'
import { userPolicy } from '@flotilla/shared/access/policy'
import { parseYaml } from '@flotilla/shared/k8s/yaml'
import { isObject } from '@flotilla/shared/lang/json'
import type { Rim } from '../context.ts'
import { CliError } from '../errors.ts'

interface CanFlags {
  readonly policyFile?: string
  readonly defaultRole?: string
  readonly useBuiltinPolicy: boolean
  readonly strict: boolean
  readonly quiet?: boolean
}

const examples = `
Examples:
  flotilla admin settings rbac validate --policy-file policy.csv
  flotilla admin settings rbac can role:dev sync application 'team/*' --policy-file argocd-rbac-cm.yaml
`

/** `admin settings rbac …`: tries a policy out before anybody lives under it; asks no hub. */
export function addAdminCommands(program: Command, rim: Rim): void {
  const settings = program.command('admin').description('for operators').command('settings').description('settings')
  const rbac = settings.command('rbac').description('try out a policy of access').addHelpText('after', examples)

  rbac
    .command('can <subject> <action> <resource> [sub-resource]')
    .description('may a role or a subject do something, by the policy of a file? (exit code 1: no)')
    .option('--policy-file <file>', 'a policy.csv, or a manifest of argocd-rbac-cm')
    .option('--default-role <role>', 'the role of everybody, in place of policy.default')
    .option(
      '--use-builtin-policy',
      'with role:readonly, role:admin and admin (--use-builtin-policy=false: without)',
      true,
    )
    .option('--strict', 'refuse names of actions and resources that are none (--strict=false: take any)', true)
    .option('-q, --quiet', 'say it by the exit code alone')
    .action((subject: string, action: string, resource: string, object: string | undefined, flags: CanFlags) => {
      const { defaultRole, strict, useBuiltinPolicy: builtin } = flags
      const asked = { subject, action, resource, strict, builtin }
      const more = { ...(object === undefined ? {} : { object }), ...(defaultRole ? { defaultRole } : {}) }
      const can = refused(() => rbacCan(readPolicy(flags.policyFile), { ...asked, ...more }))
      if (!flags.quiet) rim.out(can ? 'Yes\n' : 'No\n')
      if (!can) throw new CliError('', 1)
    })

  rbac
    .command('validate')
    .description('can a policy be read?')
    .option('--policy-file <file>', 'a policy.csv, or a manifest of argocd-rbac-cm')
    .action((flags: { policyFile?: string }) => {
      const text = userPolicy(readPolicy(flags.policyFile))
      if (text === '') throw new CliError('Policy is empty or could not be loaded.', 1)
      const problem = policyProblem(text)
      rim.out(problem ? `Policy is invalid: ${problem}\n` : 'Policy is valid.\n')
      if (problem) throw new CliError('', 1)
    })
}

/** The keys of argocd-rbac-cm: of its manifest, or of a file that is the policy itself. */
function readPolicy(path: string | undefined): Record<string, string> {
  if (!path) throw new CliError('please say with --policy-file which policy', 1)
  const text = read(path)
  const manifest = yaml(text)
  if (!isObject(manifest)) return { 'policy.csv': text }
  return (isObject(manifest['data']) ? manifest['data'] : {}) as Record<string, string>
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new CliError(`error opening policy file: ${(error as Error).message}`, 1)
  }
}

function yaml(text: string): unknown {
  try {
    return parseYaml(text)
  } catch {
    return undefined
  }
}

function refused<T>(ask: () => T): T {
  try {
    return ask()
  } catch (error) {
    throw new CliError((error as Error).message, 1)
  }
}
