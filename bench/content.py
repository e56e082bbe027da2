"""Content of random bytes and its torrent."""
import hashlib, os

MiB = 1 << 20


def encode(x):
    if isinstance(x, int): return b"i%de" % x
    if isinstance(x, str): x = x.encode()
    if isinstance(x, bytes): return b"%d:" % len(x) + x
    if isinstance(x, list): return b"l" + b"".join(map(encode, x)) + b"e"
    return b"d" + b"".join(encode(k) + encode(v) for k, v in sorted((k if isinstance(k, bytes) else k.encode(), v) for k, v in x.items())) + b"e"


def decode(data):
    def value(at):
        kind = data[at:at + 1]
        if kind == b"i":
            end = data.index(b"e", at)
            return int(data[at + 1:end]), end + 1
        if kind in (b"l", b"d"):
            items, at = [], at + 1
            while data[at:at + 1] != b"e":
                item, at = value(at); items.append(item)
            return (items if kind == b"l" else dict(zip(items[::2], items[1::2]))), at + 1
        colon = data.index(b":", at)
        end = colon + 1 + int(data[at:colon])
        return data[colon + 1:end], end
    return value(0)[0]


class Content:
    """One file of random bytes in a folder of its own, and a torrent beside that folder. size and piece_size in bytes."""
    def __init__(self, work, size, piece_size):
        self.size, self.piece_size, self.name = size, piece_size, "payload.bin"
        self.folder = os.path.join(work, "content"); os.makedirs(self.folder)
        self.path, self.torrent = os.path.join(self.folder, self.name), os.path.join(work, "payload.torrent")
        hashes = []
        with open(self.path, "wb") as f:
            for at in range(0, size, piece_size):
                piece = os.urandom(min(piece_size, size - at)); f.write(piece)
                hashes.append(hashlib.sha1(piece).digest())
        self.pieces = len(hashes)
        info = {"name": self.name, "length": size, "piece length": piece_size, "pieces": b"".join(hashes)}
        with open(self.torrent, "wb") as f: f.write(encode({"info": info}))
        self.hash = hashlib.sha1(encode(info)).digest()
