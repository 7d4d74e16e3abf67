using Paging.Native;

namespace Paging.Core;

/// <summary>Every file object and every open file of an engine.</summary>
/// <remarks>Objects are recycled: a shared anonymous mapping makes one, and mapping must not allocate once warm.</remarks>
internal sealed class OpenFileTable : IDisposable
{
    private readonly NativeSlab<OpenFile> _open;
    private readonly List<FileObject> _objects = [];
    private readonly Stack<uint> _free = new();
    private readonly PageCache _cache;
    private readonly Commitment _commitment;

    public OpenFileTable(PageCache cache, Commitment commitment, FaultInjection? faults)
    {
        _open = new(faults);
        _cache = cache;
        _commitment = commitment;
    }

    public uint OpenCount => _open.LiveCount;

    /// <summary>Objects in use, in the order of their numbers.</summary>
    public IEnumerable<FileObject> Objects => _objects.Where(static file => file.IsAlive);

    public ref OpenFile this[OpenFileIndex index] => ref _open[index.Value];

    public FileObject ObjectOf(OpenFileIndex index) => _objects[(int)_open[index.Value].Object];

    public FileObject Object(uint number) => _objects[(int)number];

    /// <summary>A new object that nobody holds yet.</summary>
    public FileObject CreateObject(string name, FileKind kind, long byteLength, IFileBacking? backing = null)
    {
        if (!_free.TryPop(out uint number))
        {
            number = (uint)_objects.Count;
            _objects.Add(new FileObject(number));
        }

        FileObject file = _objects[(int)number];
        file.Begin(name, kind, byteLength, backing);
        return file;
    }

    /// <summary>An open file with one holder; it holds the object. False: no memory.</summary>
    public bool TryOpen(FileObject file, FileRights rights, out OpenFileIndex index)
    {
        bool allocated = _open.TryAllocate(out uint record);
        index = new(record);
        if (!allocated) return false;
        _open[record] = new() { Object = file.Number, Rights = rights, HolderCount = 1, ReportedError = file.ErrorSequence };
        file.HolderCount++;
        return true;
    }

    /// <summary>The object behind one shared anonymous mapping. False: no record, or the commitment refuses.</summary>
    public bool TryOpenSharedAnonymous(PageCount count, bool isAccounted, out OpenFileIndex index)
    {
        index = OpenFileIndex.None;
        long charged = isAccounted ? count.Value : 0;
        if (!_commitment.TryCharge(charged)) return false;
        FileObject file = CreateObject("/dev/zero", FileKind.SharedAnonymous, (long)count.Bytes);
        file.ChargedPages = charged;
        file.HolderCount = 1;
        bool opened = TryOpen(file, FileRights.ReadWrite, out index);
        ReleaseObject(file);    // the open file holds it now, or nobody does
        return opened;
    }

    public void Hold(OpenFileIndex index) => _open[index.Value].HolderCount++;

    public void Release(OpenFileIndex index)
    {
        ref OpenFile open = ref _open[index.Value];
        if (--open.HolderCount != 0) return;
        FileObject file = _objects[(int)open.Object];
        _open.Free(index.Value);
        ReleaseObject(file);
    }

    /// <summary>Drops one hold on an object; with the last one its pages and it go.</summary>
    public void ReleaseObject(FileObject file)
    {
        if (--file.HolderCount != 0) return;
        _cache.DropAll(file);
        _commitment.Uncharge(file.ChargedPages);
        file.End();
        _free.Push(file.Number);
    }

    public void Audit(AuditReport report) => _open.Audit(report);

    public void Dispose() => _open.Dispose();
}
