import { parsePolicy, userPolicy } from '@flotilla/hub/access/policy'
import { policyLines } from '@flotilla/hub/access/csv'
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
  return parsePolicy(rbac).allows(subject, resource, action, object) ? 'Yes' : 'No'
}

function validate(rbac: Record<string, string>): unknown {
  const text = userPolicy(rbac)
  if (text.trim() === '') throw new Error('fatal: Policy is empty or could not be loaded.')
  if (policyLines(text).broken.length > 0) throw new Error('Policy is invalid: <nil>')
  return 'Policy is valid.'
}
