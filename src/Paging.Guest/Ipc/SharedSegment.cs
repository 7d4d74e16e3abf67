using System.Globalization;
using Paging.Core;
using Paging.Core.Areas;
using Paging.Core.Files;
using Paging.Core.Spaces;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Native;

namespace Paging.Guest.Ipc;

/// <summary>
/// One segment of shmget(2): an object of the engine's shared memory, which every attachment maps. Linux: struct shmid_kernel.
/// </summary>
/// <remarks>
/// How often it is attached is not counted but asked of the engine: the areas that map the object, which fork and a split make more.
/// </remarks>
internal sealed class SharedSegment : IpcObject
{
    /// <summary>struct shmid64_ds.</summary>
    public const int StatusByteLength = 84;

    public const uint ToGo = 0x200, Locked = 0x400;

    private readonly PagingEngine _engine;
    private readonly FileObject _file;

    private SharedSegment(PagingEngine engine, Credentials maker, FileObject file, uint byteLength, uint flags, long now)
        : base(maker, flags, now) =>
        (_engine, _file, ByteLength) = (engine, file, byteLength);

    public uint ByteLength { get; }

    public int CreatorId { get; init; }

    public int LastId { get; private set; }

    public long AttachedAt { get; private set; }

    public long DetachedAt { get; private set; }

    /// <summary>Removed: it goes with its last attachment. Linux: SHM_DEST.</summary>
    public bool IsToGo => (Mode & ToGo) != 0;

    public uint PageCount => (uint)PageWords.Covering(ByteLength);

    public uint ResidentCount => (uint)_file.Pages.Count;

    public uint SwappedCount => (uint)_file.Swapped.Count;

    /// <summary>Cost: O(areas that map it).</summary>
    public int AttachCount
    {
        get
        {
            int count = 0;
            for (AreaIndex index = _engine.Parts.Machine.Areas.OfObjects.FirstOf(_file.Number); index.IsSome; index = _engine.Parts.Machine.Areas.Slab[index.Value].FileNext) count++;
            return count;
        }
    }

    protected override uint[] StatusWords =>
    [
        ByteLength, (uint)AttachedAt, 0, (uint)DetachedAt, 0, (uint)ChangedAt, 0, (uint)CreatorId, (uint)LastId, (uint)AttachCount,
    ];

    public static SharedSegment Make(PagingEngine engine, GuestProcess process, int key, uint byteLength, uint flags, long now)
    {
        FileObject file =
            engine.Parts.Files.OpenFiles.CreateObject(string.Create(CultureInfo.InvariantCulture, $"/SYSV{key:x8} (deleted)"), FileKind.Memory, byteLength);
        file.HolderCount++;
        return new(engine, process.Credentials, file, byteLength, flags, now) { CreatorId = process.Id };
    }

    public bool IsMappedBy(AddressSpace space)
    {
        for (AreaIndex index = _engine.Parts.Machine.Areas.OfObjects.FirstOf(_file.Number); index.IsSome; index = _engine.Parts.Machine.Areas.Slab[index.Value].FileNext)
        {
            if (_engine.Parts.Machine.Areas.Slab[index.Value].Space == space.Space.Index) return true;
        }

        return false;
    }

    /// <summary>An area of this segment that shows the byte as far in as an attachment at the address would.</summary>
    public bool IsAttachedAt(in Area area, PageNumber address) =>
        !area.IsAnonymous && area.Has(AreaFlags.MayShare) && _engine.Parts.Files.OpenFiles.ObjectOf(area.File) == _file
            && area.First.Value - address.Value == area.PageOffset;

    /// <summary>
    /// Maps it, with an open file of its own, so that one who attached it to read cannot mprotect it to write. Linux: do_shmat.
    /// </summary>
    public Errno Attach(AddressSpace space, VirtualAddress address, MemoryProtection protection, MapFlags flags, out VirtualAddress at)
    {
        at = default;
        FileRights rights = (protection & MemoryProtection.Write) != 0 ? FileRights.ReadWrite : FileRights.Read;
        if (!_engine.Parts.Files.OpenFiles.TryOpen(_file, rights, OpenFlags.None, out OpenFileIndex open)) return Errno.ENOMEM;
        Errno error = _engine.Parts.Calls.Map.Execute(space.Space, new(address, ByteLength, protection, flags, open, 0), out at);
        _engine.Parts.Files.OpenFiles.Release(open);    // the area holds it now, or nothing does
        return error;
    }

    public void NoteAttach(int id, long now) => (LastId, AttachedAt) = (id, now);

    public void NoteDetach(int id, long now) => (LastId, DetachedAt) = (id, now);

    public void Release() => _engine.Parts.Files.OpenFiles.ReleaseObject(_file);
}
