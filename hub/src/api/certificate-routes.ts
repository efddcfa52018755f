import type { FastifyInstance, FastifyRequest } from 'fastify'
import { routes } from '@flotilla/shared/api/routes'
import {
  addCertificates,
  listCertificates,
  removeCertificates,
  type CertificateSelector,
  type RepositoryCertificate,
} from '../repositories/certificates.ts'
import { addKeys, listKeys, removeKey } from '../repositories/gpg-keys.ts'
import { keyId, type PublicKey } from '../repositories/pgp.ts'
import { bodyOf, identify, param, permit, queryBool, queryOf, type ApiContext } from './context.ts'
import { serve } from './declared.ts'
import { ApiError, code } from './errors.ts'
import { listToWire } from './wire.ts'

/** By what servers of repositories are known, and the keys that commits may be signed with. */
export function addCertificateRoutes(app: FastifyInstance, context: ApiContext): void {
  const { objects } = context
  const begin = async (request: FastifyRequest): Promise<void> =>
    permit(context, request, await identify(context, request), '')
  const selector = (request: FastifyRequest): CertificateSelector => ({
    hostNamePattern: queryOf(request, 'hostNamePattern'),
    certType: queryOf(request, 'certType'),
    certSubType: queryOf(request, 'certSubType'),
  })

  serve(app, routes.certificates, async (request) => {
    await begin(request)
    return listToWire(await listCertificates(objects, selector(request)))
  })
  serve(app, routes.createCertificates, async (request) => {
    await begin(request)
    const { items } = bodyOf<{ items: RepositoryCertificate[] }>(request)
    return listToWire(await addCertificates(objects, items ?? [], queryBool(request, 'upsert') ?? false))
  })
  serve(app, routes.deleteCertificates, async (request) => {
    await begin(request)
    return listToWire(await removeCertificates(objects, selector(request)))
  })

  serve(app, routes.gpgKeys, async (request) => {
    await begin(request)
    const keys = await listKeys(objects)
    return listToWire(keys.map(({ keyData: _keyData, ...key }) => key))
  })
  serve(app, routes.gpgKey, async (request) => {
    await begin(request)
    const id = keyId(param(request, 'keyID'))
    const found = (await listKeys(objects)).find((key) => key.keyID === id)
    if (!found) throw new ApiError(code.unknown, `no such key: ${id}`)
    return found
  })
  serve(app, routes.createGpgKey, async (request) => {
    await begin(request)
    const { keyData = '' } = bodyOf<PublicKey>(request)
    if (keyData.trim() === '') throw new ApiError(code.unknown, 'submitted key data is empty')
    const { added, skipped } = await addKeys(objects, keyData)
    return { created: listToWire(added), ...(skipped.length > 0 ? { skipped } : {}) }
  })
  serve(app, routes.deleteGpgKey, async (request) => {
    await begin(request)
    await removeKey(objects, queryOf(request, 'keyID'))
    return {}
  })
}
