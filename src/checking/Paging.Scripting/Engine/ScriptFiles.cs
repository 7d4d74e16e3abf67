using System.Buffers;
using Paging.Core;
using Paging.Scripting.Calls;

namespace Paging.Scripting.Engine;

/// <summary>The dialect's directory of files, by name, and the calls on their descriptors.</summary>
internal sealed class ScriptFiles(PagingEngine engine, Func<string, byte[], GuestFile>? createFile) : IDisposable
{
    private const int ChunkByteLength = 1 << 16;
    private const long CreatedByteLengthMax = 64 << 20;

    private readonly Dictionary<string, GuestFile> _byName = new(StringComparer.Ordinal);
    private GuestFile? _directory;

    public ScriptResult Execute(UserProcess process, in ScenarioCall call) => call.Name switch
    {
        CallName.Open => Open(process, call, FileRights.ReadWrite),
        CallName.OpenRo => Open(process, call, FileRights.Read),
        CallName.OpenWo => Open(process, call, FileRights.Write),
        CallName.OpenDir => OpenDirectory(process),
        CallName.Close => ScriptResult.ZeroOr(process.FileDescriptors.Close((int)call.A0)),
        CallName.Ftruncate => ScriptResult.ZeroOr(process.FileDescriptors.SetLength((int)call.A0, call.A1)),
        CallName.Fsync => ScriptResult.ZeroOr(process.FileDescriptors.Synchronize((int)call.A0)),
        CallName.Pread => Read(process, call),
        CallName.Pwrite => Write(process, call),
        CallName.Punch => ScriptResult.ZeroOr(
            process.FileDescriptors.Allocate((int)call.A0, AllocationFlags.PunchHole | AllocationFlags.KeepSize, call.A1, call.A2)),
        CallName.MemFd => MakeMemoryFile(process, call),
        CallName.Fallocate => ScriptResult.ZeroOr(
            process.FileDescriptors.Allocate((int)call.A0, (AllocationFlags)call.A1, call.A2, call.A3)),
        CallName.Fsize => SizeOf(process, call),
        _ => ScriptResult.Unsupported($"{call.Name} is not a call on files"),
    };

    public void Dispose()
    {
        foreach (GuestFile file in _byName.Values) file.Dispose();
        _directory?.Dispose();
    }

    private ScriptResult Open(UserProcess process, in ScenarioCall call, FileRights rights)
    {
        string name = call.FileName ?? "";
        if (!_byName.TryGetValue(name, out GuestFile? file))
        {
            if (createFile is { } create && call.A0 is >= 0 and <= CreatedByteLengthMax)
            {
                byte[] bytes = new byte[call.A0];
                ScriptBytes.Fill(bytes, 0, call.A1);
                _byName.Add(name, file = create(name, bytes));
            }
            else
            {
                _byName.Add(name, file = engine.Files.CreateMemoryFile(name));
                Errno filled = WritePattern(file, call.A0, call.A1);
                if (filled != Errno.None) return ScriptResult.Error(filled);
            }
        }

        Errno error = file.Open(process, rights, out int descriptor);
        return error == Errno.None ? ScriptResult.Number(descriptor) : ScriptResult.Error(error);
    }

    private ScriptResult OpenDirectory(UserProcess process)
    {
        _directory ??= engine.Files.CreateDirectory("dir");
        Errno error = _directory.Open(process, FileRights.Read, out int descriptor);
        return error == Errno.None ? ScriptResult.Number(descriptor) : ScriptResult.Error(error);
    }

    /// <summary>Each call makes a new file. Linux: mm/memfd.c sanitize_flags, alloc_file.</summary>
    private ScriptResult MakeMemoryFile(UserProcess process, in ScenarioCall call)
    {
        const MemoryFileFlags known = MemoryFileFlags.CloseOnExec | MemoryFileFlags.AllowSealing | MemoryFileFlags.HugeTlb
            | MemoryFileFlags.NoExecuteSeal | MemoryFileFlags.Executable;
        const MemoryFileFlags both = MemoryFileFlags.NoExecuteSeal | MemoryFileFlags.Executable;
        MemoryFileFlags flags = (MemoryFileFlags)call.A0;
        bool isHuge = (flags & MemoryFileFlags.HugeTlb) != 0;
        MemoryFileFlags allowed = isHuge ? known | MemoryFileFlags.HugeSizeMask : known;
        if ((flags & ~allowed) != 0 || (flags & both) == both) return ScriptResult.Error(Errno.EINVAL);
        GuestFile? file = null;
        Errno error = isHuge ? engine.HugePages.CreateFile(call.FileName ?? "", flags, out file) : Errno.None;
        if (error != Errno.None) return ScriptResult.Error(error);
        file ??= engine.Files.CreateMemoryFile(call.FileName ?? "");
        error = file.Open(process, FileRights.ReadWrite, out int descriptor);
        file.Dispose();    // it lives as long as it is in use
        return error == Errno.None ? ScriptResult.Number(descriptor) : ScriptResult.Error(error);
    }

    private static ScriptResult SizeOf(UserProcess process, in ScenarioCall call)
    {
        Errno error = process.FileDescriptors.GetLength((int)call.A0, out long byteLength);
        return error == Errno.None ? ScriptResult.Number(byteLength) : ScriptResult.Error(error);
    }

    private static Errno WritePattern(GuestFile file, long byteLength, long seed)
    {
        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkByteLength);
        Errno error = Errno.None;
        for (long offset = 0; offset < byteLength && error == Errno.None;)
        {
            Span<byte> part = chunk.AsSpan(0, (int)Math.Min(ChunkByteLength, byteLength - offset));
            ScriptBytes.Fill(part, offset, seed);
            error = file.Write(offset, part, out int count);
            offset += count;
        }

        ArrayPool<byte>.Shared.Return(chunk);
        return error;
    }

    private static ScriptResult Read(UserProcess process, in ScenarioCall call)
    {
        if (PassesEnd(call)) return RefuseOrInvalid(process.FileDescriptors.Read((int)call.A0, call.A2, [], out _));
        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkByteLength);
        long done = 0;
        uint crc = 0;
        Errno error = Errno.None;
        while (true)
        {
            int part = (int)Math.Min(ChunkByteLength, call.A1 - done);
            error = process.FileDescriptors.Read((int)call.A0, call.A2 + done, chunk.AsSpan(0, part), out int count);
            if (error != Errno.None || count == 0) break;
            crc = ScriptBytes.Crc32(chunk.AsSpan(0, count), crc);
            done += count;
        }

        ArrayPool<byte>.Shared.Return(chunk);
        return error != Errno.None && done == 0 ? ScriptResult.Error(error) : ScriptResult.CountAndCrc(done, crc);
    }

    /// <summary>True if offset and length together are no file position any more. The engine sees a chunk at a time.</summary>
    private static bool PassesEnd(in ScenarioCall call) => call.A2 > long.MaxValue - call.A1;

    private static ScriptResult RefuseOrInvalid(Errno refusal) =>
        ScriptResult.Error(refusal == Errno.EBADF ? refusal : Errno.EINVAL);    // only the descriptor is checked before the position

    private static ScriptResult Write(UserProcess process, in ScenarioCall call)
    {
        if (PassesEnd(call)) return RefuseOrInvalid(process.FileDescriptors.Write((int)call.A0, call.A2, [], out _));
        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkByteLength);
        long done = 0;
        Errno error = Errno.None;
        do
        {
            Span<byte> part = chunk.AsSpan(0, (int)Math.Min(ChunkByteLength, call.A1 - done));
            ScriptBytes.Fill(part, done, call.A3);
            error = process.FileDescriptors.Write((int)call.A0, call.A2 + done, part, out int count);
            if (count == 0) break;
            done += count;
        }
        while (done < call.A1 && error == Errno.None);

        ArrayPool<byte>.Shared.Return(chunk);
        return error != Errno.None && done == 0 ? ScriptResult.Error(error) : ScriptResult.Number(done);
    }
}
