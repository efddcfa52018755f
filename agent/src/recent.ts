export { Recent } from '@flotilla/shared/lang/recent'
