using System.Runtime.CompilerServices;
using Paging.Core.Frames;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Diagnostics;

namespace Paging.Core.Files;

/// <summary>Every file object and every open file of an engine.</summary>
/// <remarks>
/// Objects are recycled, because a shared anonymous mapping creates one and mapping must not allocate once the engine is warm.
/// </remarks>
internal sealed class OpenFileTable : IDisposable
{
    private readonly NativeSlab<OpenFile> _open;
    private readonly List<FileObject> _objects = [];
    private readonly Stack<uint> _free = new();
    private readonly Commitment _commitment;
    private readonly uint _readAheadPages;
    private FileObject? _waiting;
    private IObjectPages? _pages;

    /// <param name="injection">Makes allocations fail in tests.</param>
    /// <param name="commitment">Charged for shared anonymous memory.</param>
    /// <param name="readAheadPages">The widest read-ahead window of an open file, in pages.</param>
    public OpenFileTable(FaultInjection injection, Commitment commitment, int readAheadPages)
    {
        _open = new(injection);
        _commitment = commitment;
        _readAheadPages = (uint)readAheadPages;
    }

    /// <summary>Registers the page cache's part in closing objects. Called by that part when it is made: it needs this table.</summary>
    public void CallAtEnd(IObjectPages pages) => _pages = pages;

    public uint OpenCount => _open.LiveCount;

    /// <summary>The open files that the host holds, for the audit.</summary>
    public IEnumerable<OpenFileIndex> HeldByHost
    {
        get
        {
            for (uint index = _open.NextLive(0); index != 0; index = _open.NextLive(index))
                if (_open[index].IsHeldByHost) yield return new(index);
        }
    }

    /// <summary>The open files of an object. Cost: O(open files).</summary>
    public IEnumerable<OpenFileIndex> OpenedOf(FileObject file)
    {
        for (uint index = _open.NextLive(0); index != 0; index = _open.NextLive(index))
            if (_open[index].Object == file.Number) yield return new(index);
    }

    /// <summary>Objects in use, in the order of their numbers.</summary>
    public IEnumerable<FileObject> Objects => _objects.Where(static file => file.IsAlive);

    /// <summary>All objects, including those that wait to be reused.</summary>
    public List<FileObject> All => _objects;

    /// <summary>The open host files, by path.</summary>
    public HostFiles HostFiles { get; } = new();

    public ref OpenFile this[OpenFileIndex index] => ref _open[index.Value];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FileObject ObjectOf(OpenFileIndex index) => _objects[(int)_open[index.Value].Object];

    public FileObject Object(uint number) => _objects[(int)number];

    /// <summary>The number of objects of huge pages of the pool.</summary>
    public int HugeCount { get; private set; }

    /// <summary>Creates an object that has no holder yet.</summary>
    public FileObject CreateObject(
        string name, FileKind kind, long byteLength, IFileBacking? backing = null, FileRights rights = FileRights.ReadWrite)
    {
        if (!_free.TryPop(out uint number))
        {
            number = (uint)_objects.Count;
            _objects.Add(new FileObject(number));
        }

        FileObject file = _objects[(int)number];
        file.Begin(name, kind, byteLength, rights, backing);
        if (file.IsHuge) HugeCount++;
        return file;
    }

    /// <summary>
    /// Opens an object. The open file has one holder and holds the object. Returns false if no record could be allocated.
    /// </summary>
    public bool TryOpen(FileObject file, FileRights rights, OpenFlags flags, out OpenFileIndex index)
    {
        bool allocated = _open.TryAllocate(out uint record);
        index = new(record);
        if (!allocated) return false;
        _open[record] = new()
        {
            Object = file.Number,
            Rights = rights,
            Flags = flags,
            HolderCount = 1,
            ReportedErrors = file.WriteErrors.Sample,
            ReadAhead = NewReadAhead(),
        };
        HoldObject(file);
        return true;
    }

    /// <summary>
    /// Creates and opens the object of one shared anonymous mapping. Returns false without a record, or if it cannot be committed.
    /// </summary>
    public bool TryOpenSharedAnonymous(PageCount count, bool isAccounted, out OpenFileIndex index)
    {
        index = OpenFileIndex.None;
        if (CreateSharedAnonymous((long)count.Bytes, isAccounted) is not { } file) return false;
        file.HolderCount = 1;
        bool opened = TryOpen(file, FileRights.ReadWrite, OpenFlags.None, out index);
        ReleaseObject(file);    // the open file holds it now; if opening failed, this ends it
        return opened;
    }

    /// <summary>Creates the object of shared anonymous memory, without a holder yet. Null: it cannot be committed.</summary>
    public FileObject? CreateSharedAnonymous(long byteLength, bool isAccounted)
    {
        long charged = isAccounted ? (long)(((ulong)byteLength + VirtualAddress.OffsetMask) >> VirtualAddress.PageShift) : 0;
        if (!_commitment.TryCharge(charged)) return null;    // before the object, as it may be refused
        FileObject file = CreateObject("/dev/zero", FileKind.SharedAnonymous, byteLength);    // the name in maps: shmem_zero_setup
        file.AddCharge(charged);
        return file;
    }

    /// <summary>
    /// Creates and opens the object of one mapping of the pool. Returns false without a record. Linux: hugetlb_file_setup.
    /// </summary>
    public bool TryOpenAnonymousHuge(int order, long byteLength, out OpenFileIndex index)
    {
        FileObject file = CreateObject("/anon_hugepage", FileKind.HugePages, byteLength);    // Linux: HUGETLB_ANON_FILE
        file.HugeOrder = order;
        file.HolderCount = 1;
        bool opened = TryOpen(file, FileRights.ReadWrite, OpenFlags.None, out index);
        ReleaseObject(file);    // the open file holds it now; if opening failed, this ends it
        return opened;
    }

    /// <summary>Read-ahead state without history.</summary>
    public ReadAheadState NewReadAhead() => ReadAheadState.New(_readAheadPages);

    public void Hold(OpenFileIndex index) => Count(index, holders: 1, kept: 0);

    public void Release(OpenFileIndex index) => Count(index, holders: -1, kept: 0);

    /// <summary>Holds an open file for the copy of an area that a snapshot keeps.</summary>
    public void HoldKept(OpenFileIndex index) => Count(index, holders: 1, kept: 1);

    /// <summary>Releases the hold of an area that a snapshot has kept.</summary>
    public void ReleaseKept(OpenFileIndex index) => Count(index, holders: -1, kept: -1);

    /// <summary>From now on only a snapshot keeps one of the areas that hold an open file.</summary>
    public void Keep(OpenFileIndex index) => Count(index, holders: 0, kept: 1);

    /// <summary>A snapshot has linked one of the kept areas again.</summary>
    public void Relink(OpenFileIndex index) => Count(index, holders: 0, kept: -1);

    private void Count(OpenFileIndex index, int holders, int kept)
    {
        ref OpenFile open = ref _open[index.Value];
        FileObject file = _objects[(int)open.Object];    // before the record is freed
        bool wasOnlyKept = open.IsOnlyKept;
        open.HolderCount += (uint)holders;
        open.KeptCount += (uint)kept;
        bool isOnlyKept = open.IsOnlyKept;
        if (open.HolderCount == 0)
        {
            _open.Free(index.Value);
            if (wasOnlyKept) file.KeptOpenCount--;
            ReleaseObject(file);
        }
        else if (isOnlyKept != wasOnlyKept)
        {
            if (isOnlyKept) file.KeptOpenCount++;
            else file.KeptOpenCount--;
            Commit(file);
        }
    }

    /// <summary>Adds a hold on an object.</summary>
    public void HoldObject(FileObject file)
    {
        file.HolderCount++;
        Commit(file);
    }

    /// <summary>
    /// Drops a hold on an object. If it was the last one, writes the object's dirty pages, drops all its pages and ends it. Linux: evict.
    /// </summary>
    public void ReleaseObject(FileObject file)
    {
        if (--file.HolderCount != 0)
        {
            Commit(file);
            return;
        }

        if (file.IsHuge && DefersEnds)
        {
            file.NextWaiting = _waiting;
            _waiting = file;
            return;
        }

        End(file);
    }

    /// <summary>
    /// While true, objects of huge pages that lose their last user keep their pages; setting it to false ends them. Linux: a mapping that
    /// replaces another reserves its pages before the old one's file is put.
    /// </summary>
    public bool DefersEnds
    {
        get;
        set
        {
            field = value;
            while (!value && _waiting is { } file)
            {
                _waiting = file.NextWaiting;
                file.NextWaiting = null;
                End(file);    // without a holder nothing leads to it, so no call can have taken a new hold on it
            }
        }
    }

    /// <summary>
    /// Commits the pages of shared memory while something leads to it, as if no snapshot kept it. Like private memory, it is committed
    /// again without a check when a restore maps it.
    /// </summary>
    private void Commit(FileObject file)
    {
        long pages = file.IsOnlyKept ? 0 : file.ChargedPages;
        if (pages == file.CommittedPages) return;
        _commitment.Move(pages - file.CommittedPages);
        file.CommittedPages = pages;
    }

    private void End(FileObject file)
    {
        CloseBacking(file);    // first: it writes back the pages that Drop loses
        _pages?.Drop(file);
        _commitment.Uncharge(file.CommittedPages);
        if (file.IsHuge) HugeCount--;
        file.End();
        _free.Push(file.Number);
    }

    /// <summary>Writes all dirty pages and closes every backing, before RAM is freed.</summary>
    public void CloseAllBackings()
    {
        foreach (FileObject file in _objects)
        {
            if (file.IsAlive) CloseBacking(file);
            file.EndDevice();
        }
    }

    public void Audit(AuditReport report) => _open.Audit(report);

    public void Dispose() => _open.Dispose();

    private void CloseBacking(FileObject file)
    {
        if (file.Backing is not { } backing) return;
        _pages?.WriteBack(file);
        HostFiles.Forget(backing);    // before it is closed, so that no open finds a closed one
        backing.Dispose();
    }
}
