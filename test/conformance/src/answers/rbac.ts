import { parseArgs } from 'node:util'
import { policyProblem, rbacCan } from '@flotilla/shared/access/can'
import { userPolicy } from '@flotilla/shared/access/policy'
import type { Answerer, Case } from '../door.ts'

/** What `argocd admin settings rbac can` and `… validate` answer. */
export function rbacAnswerer(): Answerer {
  return (input) => {
    const rbac = (input['argocd-rbac-cm'] ?? {}) as Record<string, string>
    return input['args'] ? can(input, rbac) : validate(rbac)
  }
}

function can(input: Case, rbac: Record<string, string>): unknown {
  const [subject = '', action = '', resource = '', object = ''] = input['args'] as string[]
  const flags = flagsOf((input['flags'] ?? []) as string[])
  const asked = { subject, action, resource, object, ...flags }
  const answer = said(() => (rbacCan(rbac, asked) ? 'Yes' : 'No'))
  return flags.quiet ? '' : answer
}

function flagsOf(args: string[]): { defaultRole?: string; builtin: boolean; strict: boolean; quiet: boolean } {
  const flag = { type: 'string' } as const
  const named = args.map((arg) => (/^(-q|--quiet|--strict|--use-builtin-policy)$/.test(arg) ? `${arg}=true` : arg))
  const { values } = parseArgs({
    args: named.map((arg) => arg.replace(/^-q=/, '--quiet=')),
    options: { 'default-role': flag, 'use-builtin-policy': flag, strict: flag, quiet: flag },
  })
  return {
    ...(values['default-role'] ? { defaultRole: values['default-role'] } : {}),
    builtin: values['use-builtin-policy'] !== 'false',
    strict: values.strict !== 'false',
    quiet: values.quiet === 'true',
  }
}

function said<T>(answer: () => T): T {
  try {
    return answer()
  } catch (error) {
    throw new Error(`fatal: ${(error as Error).message}`)
  }
}

function validate(rbac: Record<string, string>): unknown {
  const text = userPolicy(rbac)
  if (text.trim() === '') throw new Error('fatal: Policy is empty or could not be loaded.')
  // What was recorded does not say what is wrong.
  if (policyProblem(text)) throw new Error('Policy is invalid: <nil>')
  return 'Policy is valid.'
}
