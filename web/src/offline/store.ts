// Where wishes wait that the server could not be told: a table of the browser's database, shared by all tabs.

/** A write, as it is to be sent. */
export interface Waiting {
  /** In the order in which they were made. */
  id: number;
  owner: string;
  at: number;
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}

export interface Store {
  all(): Promise<Waiting[]>;
  add(wish: Omit<Waiting, "id">): Promise<void>;
  remove(id: number): Promise<void>;
}

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the browser's database refused"));
  });
}

class InBrowser implements Store {
  #opened: Promise<IDBDatabase> | undefined;

  async all(): Promise<Waiting[]> {
    return answered((await this.#table("readonly")).getAll() as IDBRequest<Waiting[]>);
  }

  async add(wish: Omit<Waiting, "id">): Promise<void> {
    await answered((await this.#table("readwrite")).add(wish));
  }

  async remove(id: number): Promise<void> {
    await answered((await this.#table("readwrite")).delete(id));
  }

  async #table(mode: IDBTransactionMode): Promise<IDBObjectStore> {
    this.#opened ??= this.#open();
    return (await this.#opened).transaction("outbox", mode).objectStore("outbox");
  }

  #open(): Promise<IDBDatabase> {
    const request = indexedDB.open("campanile", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("outbox", { keyPath: "id", autoIncrement: true });
    return answered(request);
  }
}

export const inBrowser: Store = new InBrowser();
