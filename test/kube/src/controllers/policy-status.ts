import type { Controller } from '../machinery/controller.ts'
import { refTo } from '../machinery/writes.ts'

const policies = { group: 'admissionregistration.k8s.io', version: 'v1', resource: 'validatingadmissionpolicies' }
const manager = 'validatingadmissionpolicy-status'

/** Says of each ValidatingAdmissionPolicy that it was looked at. The types of its expressions are not checked against schemas. */
export const policyStatusController: Controller = {
  name: manager,
  resource: policies,
  watches: [],
  reconcile(policy) {
    const { observedGeneration } = (policy['status'] ?? {}) as { observedGeneration?: number }
    const { generation = 0, name = '', deletionTimestamp } = policy.metadata
    if (deletionTimestamp !== undefined || observedGeneration === generation) return { writes: [] }
    const { apiVersion, kind } = policy
    const status = { observedGeneration: generation, typeChecking: {} }
    const object = { apiVersion, kind, metadata: { name }, status }
    return { writes: [{ verb: 'apply', ref: refTo(policies, policy), object, manager, subresource: 'status' }] }
  },
}
