/** The demo's dispatch. Its recipients are numbers that the simulator gives a fate. */
const TEXT = 'Your table is ready, see you at eight.';

export const STORY = `
The story: Viber first, delivered within 15 seconds or else WhatsApp, or else SMS.
Viber takes the message and stays silent; WhatsApp says that this is none of its users; SMS delivers.`;

export const DEMO_DISPATCH = {
  template: 'failover',
  workflow: [
    {
      to: { type: 'viber_service_msg', number: '447700990200' },
      from: { type: 'viber_service_msg', id: '16273' },
      message: { content: { type: 'text', text: TEXT } },
      failover: { expiry_time: 15, condition_status: 'delivered' },
    },
    {
      to: { type: 'whatsapp', number: '447700990202' },
      from: { type: 'whatsapp', number: '447700900000' },
      message: { content: { type: 'text', text: TEXT } },
      failover: { expiry_time: 15, condition_status: 'read' },
    },
    {
      to: { type: 'sms', number: '447700900001' },
      from: { type: 'sms', number: '447700900000' },
      message: { content: { type: 'text', text: TEXT } },
    },
  ],
};
