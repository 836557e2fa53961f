/// The small Python program that reads archives with the standard library's `zipfile` and
/// `tarfile`: it lists, extracts by number and expands, and decides nothing. What may be extracted,
/// and to which path, `Archive` decides between the two passes.
///
/// It cannot read more than the given number of expanded bytes or use more than 1 GiB of memory,
/// and ends with its parent. Exit code 3 says that the archive is at fault, 4 that the disk is; the
/// reason is the last line of standard error.
enum ArchiveProgram {
  static let text = #"""
    import bz2, ctypes, gzip, json, lzma, os, resource, stat, subprocess, sys, tarfile, zipfile, zlib

    ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    os.umask(0o022)
    mode, path, form, limit, most = sys.argv[1:6]
    limit, most = int(limit), int(most)
    PIECE = 1 << 18


    class Refused(Exception):
        pass


    class Counted:
        def __init__(self, file):
            self.file, self.left = file, limit

        def read(self, count=-1):
            data = self.file.read(PIECE if count is None or count < 0 else min(count, PIECE))
            self.left -= len(data)
            if self.left < 0:
                raise Refused(f"it expands to more than {limit} bytes")
            return data


    class Zstd:
        def __init__(self, path):
            try:
                self.process = subprocess.Popen(
                    ["zstd", "-dcq", "--", path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
            except FileNotFoundError:
                print("the program zstd is missing", file=sys.stderr)
                sys.exit(5)

        def read(self, count=-1):
            data = self.process.stdout.read(count)
            if not data and count and self.process.wait():
                raise Refused("it is damaged: zstd cannot read it")
            return data


    def stream():
        kind = form.rpartition(".")[2]
        if kind == "tar":
            return Counted(open(path, "rb"))
        if kind == "zst":
            return Counted(Zstd(path))
        return Counted({"gz": gzip, "bz2": bz2, "xz": lzma}[kind].open(path, "rb"))


    def say(count, name, kind, size, executable=False, target=None):
        if count >= most:
            raise Refused(f"it holds more than {most} entries")
        entry = {"kind": kind, "size": size, "executable": executable}
        for key, text in (("name", name), ("target", target)):
            if text is None:
                continue
            try:
                text.encode()
                entry[key] = text
            except UnicodeEncodeError:
                entry[key], entry["kind"] = ascii(text), "unreadable"
        sys.stdout.write(json.dumps(entry) + "\n")


    def list_zip():
        with zipfile.ZipFile(path) as archive:
            for count, info in enumerate(archive.infolist()):
                bits = info.external_attr >> 16
                kind = "file"
                if stat.S_ISLNK(bits):
                    kind = "link"
                elif info.orig_filename.endswith("/"):
                    kind = "folder"
                elif stat.S_IFMT(bits) not in (0, stat.S_IFREG):
                    kind = "device"
                target = None
                if info.flag_bits & 1:
                    kind = "encrypted"
                elif kind == "link":
                    if info.file_size > 4096:
                        raise Refused("it holds a link whose target is too long")
                    target = archive.read(info).decode("utf-8", "surrogateescape")
                say(count, info.orig_filename, kind, info.file_size, bool(bits & 0o100), target)


    def members():
        archive = tarfile.open(fileobj=stream(), mode="r|", encoding="utf-8", errors="surrogateescape")
        for count, member in enumerate(archive):
            archive.members.clear()  # or all of them stay in memory
            yield count, member, archive


    def list_tar():
        for count, member, archive in members():
            if member.issparse():
                kind = "sparse"
            elif member.isreg():
                kind = "file"
            elif member.isdir():
                kind = "folder"
            elif member.issym():
                kind = "link"
            elif member.islnk():
                kind = "hard-link"
            else:
                kind = "device"
            target = member.linkname if kind in ("link", "hard-link") else None
            say(count, member.name, kind, member.size, bool(member.mode & 0o100), target)


    def write(source, to, size, executable):
        mode = 0o755 if executable else 0o644
        file = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
        with open(file, "wb") as out:
            while data := source.read(PIECE):
                size -= len(data)
                if size < 0:
                    raise Refused("it holds more bytes than it declares")
                out.write(data)
        if size > 0:
            raise Refused("it holds fewer bytes than it declares")


    def extract():
        plan = {}
        for line in sys.stdin:
            entry = json.loads(line)
            plan[entry["entry"]] = entry
        def one(source, entry):
            write(source, entry["to"], entry["size"], entry["executable"])
        if form == "zip":
            with zipfile.ZipFile(path) as archive:
                infos = archive.infolist()
                for number, entry in plan.items():
                    with archive.open(infos[number]) as source:
                        one(source, entry)
            return
        for count, member, archive in members():
            if count in plan:
                one(archive.extractfile(member), plan[count])


    def metadata():
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                folder, _, name = info.filename.partition("/")
                if folder.endswith(".dist-info") and name == "METADATA" and info.file_size < limit:
                    sys.stdout.buffer.write(archive.read(info))
                    return


    try:
        if mode == "list":
            list_zip() if form == "zip" else list_tar()
        elif mode == "extract":
            extract()
        elif mode == "metadata":
            metadata()
        else:
            source = stream()
            with open(sys.argv[6], "xb") as out:
                while data := source.read(PIECE):
                    out.write(data)
        sys.stdout.flush()
    except Refused as reason:
        print(reason, file=sys.stderr)
        sys.exit(3)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, lzma.LZMAError,
            NotImplementedError, gzip.BadGzipFile, MemoryError, UnicodeError, ValueError) as error:
        print(f"it is damaged: {error or type(error).__name__}", file=sys.stderr)
        sys.exit(3)
    except OSError as error:
        if error.errno is None:  # bz2 says so of bytes that it cannot read
            print(f"it is damaged: {error}", file=sys.stderr)
            sys.exit(3)
        print(error.strerror, file=sys.stderr)
        sys.exit(4)
    """#
}
