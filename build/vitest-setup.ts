// Property tests run the same cases every time, so that a commit which passes keeps passing. To search further:
//   GATEHOUSE_SEED=random npm test -- unit        (fast-check prints the seed of what it finds; then GATEHOUSE_SEED=<it>)
import { configureGlobal } from 'fast-check'

const wanted = process.env.GATEHOUSE_SEED ?? '20261121'
if (wanted !== 'random') configureGlobal({ seed: Number(wanted) })
