export { callbacks } from './callbacks';
export { dispatch } from './dispatch';
