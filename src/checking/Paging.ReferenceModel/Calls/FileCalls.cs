using Paging.Core;
using Paging.Native;
using Paging.ReferenceModel.State;
using Paging.Scripting.Calls;

namespace Paging.ReferenceModel.Calls;

/// <summary>
/// open, close, ftruncate, fsync, pread, pwrite, punch on files of one tmpfs directory. Linux: mm/shmem.c, fs/read_write.c.
/// </summary>
/// <param name="processes">All that live: truncation reaches into each of them.</param>
/// <param name="huge">The calls that differ for files of huge pages.</param>
internal sealed class FileCalls(IReadOnlyCollection<ModelProcess> processes, HugeFileCalls huge)
{
    private const int CopyLength = 1 << 16;    // bytes at a time
    private readonly Dictionary<string, FileObject> _directory = new(StringComparer.Ordinal);

    /// <summary>The first mention of a name creates the file; each open makes a new open file.</summary>
    public ScriptResult Open(ModelProcess process, in ScenarioCall call)
    {
        string name = call.FileName!;
        if (!_directory.TryGetValue(name, out FileObject? contents))
        {
            contents = new FileObject(name);
            WritePattern(contents, 0, call.A0, call.A1);
            _directory.Add(name, contents);
        }
        OpenFile file = new(contents, canRead: call.Name != CallName.OpenWo, canWrite: call.Name != CallName.OpenRo);
        return ScriptResult.Number(process.Descriptors.Add(file));
    }

    public static ScriptResult OpenDirectory(ModelProcess process) =>
        ScriptResult.Number(process.Descriptors.Add(new OpenFile(contents: null, canRead: true, canWrite: false)));

    public static ScriptResult Close(ModelProcess process, in ScenarioCall call) =>
        ScriptResult.ZeroOr(process.Descriptors.Close(call.A0) ? Errno.None : Errno.EBADF);

    public static ScriptResult Fsync(ModelProcess process, in ScenarioCall call) =>
        ScriptResult.ZeroOr(process.Descriptors.TryFind(call.A0, out _) ? Errno.None : Errno.EBADF);

    public ScriptResult Truncate(ModelProcess process, in ScenarioCall call)
    {
        if (call.A1 < 0) return ScriptResult.Error(Errno.EINVAL);
        if (!process.Descriptors.TryFind(call.A0, out OpenFile? file)) return ScriptResult.Error(Errno.EBADF);
        if (!file.CanWrite) return ScriptResult.Error(Errno.EINVAL);
        if (file.Contents.Huge is not null) return ScriptResult.ZeroOr(huge.Truncate(file.Contents, call.A1));
        if (call.A1 < file.Contents.Length) DiscardCopiesBeyond(file.Contents, call.A1);
        file.Contents.Truncate(call.A1);
        return ScriptResult.Number(0);
    }

    public static ScriptResult Read(ModelProcess process, in ScenarioCall call)
    {
        if (call.A2 < 0) return ScriptResult.Error(Errno.EINVAL);
        if (!process.Descriptors.TryFind(call.A0, out OpenFile? file) || !file.CanRead) return ScriptResult.Error(Errno.EBADF);
        if (PassesEnd(call.A2, call.A1)) return ScriptResult.Error(Errno.EINVAL);
        if (file.IsDirectory) return ScriptResult.Error(Errno.EISDIR);
        Crc32 crc = new();
        byte[] buffer = new byte[Math.Min(call.A1, CopyLength)];
        long done = 0;
        while (done < call.A1)
        {
            int count = file.Contents.Read(call.A2 + done, buffer.AsSpan(0, (int)Math.Min(buffer.Length, call.A1 - done)));
            if (count == 0) break;
            crc.Add(buffer.AsSpan(0, count));
            done += count;
        }
        return ScriptResult.CountAndCrc(done, crc.Value);
    }

    /// <summary>Byte j of the data is the pattern's, counted from the start of this write.</summary>
    public static ScriptResult Write(ModelProcess process, in ScenarioCall call)
    {
        if (call.A2 < 0) return ScriptResult.Error(Errno.EINVAL);
        if (!process.Descriptors.TryFind(call.A0, out OpenFile? file) || !file.CanWrite) return ScriptResult.Error(Errno.EBADF);
        if (PassesEnd(call.A2, call.A1) || file.Contents.Huge is not null) return ScriptResult.Error(Errno.EINVAL);
        WritePattern(file.Contents, call.A2, call.A1, call.A3);
        return ScriptResult.Number(call.A1);
    }

    /// <summary>fallocate with FALLOC_FL_PUNCH_HOLE; leaves private copies alone. Linux: vfs_fallocate, shmem_fallocate.</summary>
    public ScriptResult Punch(ModelProcess process, in ScenarioCall call)
    {
        if (!process.Descriptors.TryFind(call.A0, out OpenFile? file)) return ScriptResult.Error(Errno.EBADF);
        if (call.A1 < 0 || call.A2 <= 0) return ScriptResult.Error(Errno.EINVAL);
        if (!file.CanWrite) return ScriptResult.Error(Errno.EBADF);
        if (PassesEnd(call.A1, call.A2)) return ScriptResult.Error(Errno.EFBIG);
        huge.Punch(file.Contents, call.A1, call.A2);
        return ScriptResult.Number(0);
    }

    /// <summary>True when an offset and a length together are no file position any more.</summary>
    private static bool PassesEnd(long offset, long byteLength) => offset > long.MaxValue - byteLength;

    private static void WritePattern(FileObject contents, long offset, long byteLength, long seed)
    {
        byte[] buffer = new byte[Math.Min(byteLength, CopyLength)];
        for (long done = 0; done < byteLength; done += buffer.Length)
        {
            Span<byte> piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, byteLength - done));
            Pattern.Fill(piece, done, seed);
            contents.Write(offset + done, piece);
        }
    }

    /// <summary>
    /// Drops private copies of pages wholly beyond the new end, in every process (DIALECT L4.60). Linux: unmap_mapping_range.
    /// </summary>
    private void DiscardCopiesBeyond(FileObject contents, long length)
    {
        long firstGone = (length >> 12) + ((length & 4095) == 0 ? 0 : 1);    // length + 4095 can be beyond 2^63
        foreach (ModelProcess process in processes)
        {
            foreach (Area area in process.Areas.All)
            {
                if (area.File is not { IsDirectory: false } file || file.Contents != contents) continue;
                long kept = Math.Clamp(firstGone - area.Offset, 0, area.Count.Value);
                process.Pages.Discard(PageRange.Between(area.First + new PageCount((uint)kept), area.End));
            }
        }
    }
}
