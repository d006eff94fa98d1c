/** Stops and removes everything that the setups of this run made. */
import { tearDown } from './teardown-list';

export default tearDown;
