// Reads the live stream away from the page's own thread, so that news of 10,000 vehicles costs a frame of the screen no more than
// handing their places to the GPU.
import type { City } from './api';
import { Ground } from './ground';
import type { Message } from './live';
import { follow } from './stream';

const say = (m: Message, transfer: Transferable[] = []): void => postMessage(m, { transfer });
let again: () => void = () => undefined;

onmessage = (e: MessageEvent<{ city: City; address: string } | 'again'>): void => {
  if (e.data === 'again') { again(); return; }
  const { city, address } = e.data;
  void follow(address, new Ground(city), {
    vehicles: (news) => say({ kind: 'vehicles', news }, [news.id.buffer, news.at.buffer, news.kind.buffer]),
    signals: (news) => say({ kind: 'signals', news }),
    water: (news) => say({ kind: 'water', news }),
    speeds: (news) => say({ kind: 'speeds', news }),
    status: (news) => say({ kind: 'status', news }),
    ways: (news) => say({ kind: 'ways', news }),
    decisions: (news) => say({ kind: 'decisions', news }),
    lost: () => say({ kind: 'lost' }),
  }, () => new Promise((f) => { again = f; say({ kind: 'refused' }); }));
};
