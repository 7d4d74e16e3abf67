using Paging.Core;
using Paging.ReferenceModel.State;
using Paging.Scripting.Calls;

namespace Paging.ReferenceModel.Calls;

/// <summary>memfd, fallocate, fsize, and the differences for files of huge pages. Linux: mm/memfd.c, fs/hugetlbfs/inode.c.</summary>
/// <param name="machine">All processes, and the pools.</param>
internal sealed class HugeFileCalls(MachineState machine)
{
    private const long AllocatedBytesMax = 256 << 20;    // a kernel's limit for ENOSPC depends on its RAM

    public ScriptResult MakeFile(ModelProcess process, in ScenarioCall call)
    {
        MemoryFileFlags flags = (MemoryFileFlags)(uint)call.A0;
        const MemoryFileFlags Known = MemoryFileFlags.CloseOnExec | MemoryFileFlags.AllowSealing | MemoryFileFlags.HugeTlb
            | MemoryFileFlags.NoExecuteSeal | MemoryFileFlags.Executable;
        bool isHuge = flags.HasFlag(MemoryFileFlags.HugeTlb);
        if ((flags & ~(isHuge ? Known | MemoryFileFlags.HugeSizeMask : Known)) != 0) return ScriptResult.Error(Errno.EINVAL);
        const MemoryFileFlags Both = MemoryFileFlags.Executable | MemoryFileFlags.NoExecuteSeal;
        if ((flags & Both) == Both) return ScriptResult.Error(Errno.EINVAL);
        HugePool? pool = null;
        if (isHuge && !machine.TryFindPool((uint)flags, out pool)) return ScriptResult.Error(Errno.ENODEV);
        FileObject contents = new(call.FileName!, pool);
        if (contents.Huge is not null) machine.HugeObjects.Add(contents);
        return ScriptResult.Number(process.Descriptors.Add(new OpenFile(contents, canRead: true, canWrite: true)));
    }

    public static ScriptResult Size(ModelProcess process, in ScenarioCall call) =>
        process.Descriptors.TryFind(call.A0, out OpenFile? file)
            ? ScriptResult.Number(file.IsDirectory ? 0 : file.Contents.Length) : ScriptResult.Error(Errno.EBADF);

    /// <summary>Linux: vfs_fallocate, shmem_fallocate, hugetlbfs_fallocate.</summary>
    public ScriptResult Allocate(ModelProcess process, in ScenarioCall call)
    {
        if (!process.Descriptors.TryFind(call.A0, out OpenFile? file)) return ScriptResult.Error(Errno.EBADF);
        AllocationFlags flags = (AllocationFlags)(uint)call.A1;
        (long offset, long byteLength) = (call.A2, call.A3);
        Errno error = flags.Check(offset, byteLength);
        if (error != Errno.None) return ScriptResult.Error(error);
        if (!file.CanWrite) return ScriptResult.Error(Errno.EBADF);
        if (offset > long.MaxValue - byteLength) return ScriptResult.Error(Errno.EFBIG);
        if (flags.HasFlag(AllocationFlags.PunchHole))
        {
            Punch(file.Contents, offset, byteLength);
            return ScriptResult.Number(0);
        }
        if ((flags & ~AllocationFlags.KeepSize) != 0) return ScriptResult.Error(Errno.EOPNOTSUPP);
        if (file.Contents.Huge is { } huge)
        {
            long each = huge.Pool.BytesEach;
            for (long index = offset / each; index * each < offset + byteLength; index++)
                if (huge.Find(index) is null && huge.Make(index) is null) return ScriptResult.Error(Errno.ENOSPC);
        }
        else if (byteLength > AllocatedBytesMax)
        {
            return ScriptResult.Unsupported("the model allocates at most 256 MiB in one call");
        }
        else
        {
            for (long page = offset >> 12; page << 12 < offset + byteLength; page++) file.Contents.SetAside(page);
        }

        if (!flags.HasFlag(AllocationFlags.KeepSize)) file.Contents.Reach(offset + byteLength);
        return ScriptResult.Number(0);
    }

    /// <summary>Linux: hugetlb_vmtruncate.</summary>
    public Errno Truncate(FileObject contents, long length)
    {
        long each = contents.Huge!.Pool.BytesEach;
        if (length % each != 0) return Errno.EINVAL;
        PoolUnmapping.UnmapFromAll(machine.Processes, contents, length / each, long.MaxValue);
        contents.Truncate(length);
        return Errno.None;
    }

    /// <summary>Linux: hugetlbfs_punch_hole; that of an ordinary file is its own matter.</summary>
    public void Punch(FileObject contents, long offset, long byteLength)
    {
        if (contents.Huge is not { } huge)
        {
            contents.Punch(offset, byteLength);
            return;
        }
        long each = huge.Pool.BytesEach, first = (offset + each - 1) / each, end = (offset + byteLength) / each;
        if (first < end)
        {
            PoolUnmapping.UnmapFromAll(machine.Processes, contents, first, end);
            huge.Clear(offset, first * each);
            huge.Clear(end * each, offset + byteLength);
            huge.DropPages(first, end);
        }
        else
        {
            huge.Clear(offset, offset + byteLength);
        }
    }
}
