/** Types of failures that activities raise: the contract between activity and workflow. */

/** Nothing may be sent: the dispatch has ended. Final. */
export const DISPATCH_ENDED = 'dispatch_ended';
/** Nobody took the message yet, and somebody may soon. Tried again after the delay it carries. */
export const TRY_AGAIN = 'try_again';
/** Another run holds the permit; its lease has to end first. Tried again after the delay it carries. */
export const HAND_OVER_HELD = 'hand_over_held';
