import { dictionary } from '../../lang/dictionary.ts'
import { AccessOracles } from '../cel/authorizer.ts'
import { CelCompileError } from '../cel/program.ts'
import { resultType } from '../cel/result-type.ts'
import { compileAdmission } from '../admission/dynamic/activation.ts'
import type { FieldError, KindStrategy } from '../strategy.ts'
import { validateMutatingPolicy, validatePolicy, validatePolicyBinding } from '../validation/admission-policies.ts'
import { invalid } from '../validation/field-errors.ts'
import type { CheckExpression } from '../validation/match-conditions.ts'
import type { Fields } from '../validation/values.ts'
import { validateWebhooks } from '../validation/webhooks.ts'
import * as defaults from './admission-defaults.ts'
import { clearStatus } from './prepare.ts'

/** Complains of expressions that do not compile; what the object said before may stay. */
function expressionCheck(previous: Fields | undefined): CheckExpression {
  const before = previous === undefined ? '' : JSON.stringify(previous)
  return (expression, field, ...types): readonly FieldError[] => {
    if (before.includes(JSON.stringify(expression))) return []
    try {
      compileAdmission(expression, new AccessOracles())
      const type = resultType(expression)
      if (types.length === 0 || type === 'dyn' || types.includes(type)) return []
      const wanted = types.length === 1 ? types[0] : `one of [${types.join(' ')}]`
      return [invalid(field, expression, `must evaluate to ${wanted ?? ''}`)]
    } catch (error) {
      if (!(error instanceof CelCompileError)) throw error
      return [invalid(field, expression, error.message)]
    }
  }
}

type Check = (next: Fields, check: CheckExpression) => readonly FieldError[]

const checked = (check: Check): Pick<KindStrategy, 'validate'> => ({
  validate: (next, previous, { subresource }) =>
    subresource === undefined ? check(next, expressionCheck(previous)) : [],
})

const group = 'admissionregistration.k8s.io'

/** The kinds by which admission is configured. */
export const admissionKinds: Readonly<Record<string, KindStrategy>> = dictionary({
  [`validatingwebhookconfigurations.${group}`]: {
    defaults: defaults.defaultValidatingWebhooks,
    ...checked((next, check) => validateWebhooks(next, false, check)),
  },
  [`mutatingwebhookconfigurations.${group}`]: {
    defaults: defaults.defaultMutatingWebhooks,
    ...checked((next, check) => validateWebhooks(next, true, check)),
  },
  [`validatingadmissionpolicies.${group}`]: {
    defaults: defaults.defaultPolicy,
    prepare: clearStatus({}),
    ...checked(validatePolicy),
  },
  [`validatingadmissionpolicybindings.${group}`]: {
    defaults: defaults.defaultPolicyBinding,
    ...checked((next) => validatePolicyBinding(next, false)),
  },
  [`mutatingadmissionpolicies.${group}`]: {
    defaults: defaults.defaultMutatingPolicy,
    ...checked(validateMutatingPolicy),
  },
  [`mutatingadmissionpolicybindings.${group}`]: {
    defaults: defaults.defaultPolicyBinding,
    ...checked((next) => validatePolicyBinding(next, true)),
  },
})
