using Paging.Core;
using Paging.HostKernel.Files;
using Paging.HostKernel.Interop;
using Paging.HostKernel.Puppets;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;

namespace Paging.HostKernel.Calls;

/// <summary>
/// The calls on files. Opening and closing happen in the puppet, whose table of descriptors it is; reading, writing and the rest happen
/// in the host, on the same open file, because they use no memory of the scenario.
/// </summary>
internal sealed class FileCalls(Puppet puppet, MemoryFiles files)
{
    private const int ReadOnly = 0, WriteOnly = 1, ReadWrite = 2;
    private const int KeepSizeAndPunchHole = 3;
    private const int ChunkByteLength = 1 << 16;
    private const long ByteLengthMax = 1L << 28;

    internal ScriptResult Execute(PuppetProcess process, in ScenarioCall call) => call.Name switch
    {
        CallName.Open => Open(process, call, ReadWrite),
        CallName.OpenRo => Open(process, call, ReadOnly),
        CallName.OpenWo => Open(process, call, WriteOnly),
        CallName.OpenDir => Pass(process, MemoryFiles.OpenDirectory()),
        CallName.Close => Close(process, call),
        CallName.Ftruncate => Zero(LibC.Truncate(process.Files.OnHost(call.A0), call.A1)),
        CallName.Fsync => Zero(LibC.Synchronize(process.Files.OnHost(call.A0))),
        CallName.Punch => Zero(LibC.Allocate(process.Files.OnHost(call.A0), KeepSizeAndPunchHole, call.A1, call.A2)),
        CallName.MemFd => files.Make(call.FileName ?? "", unchecked((uint)call.A0)) is { } made
            ? Pass(process, made) : ScriptResult.Error(LibC.LastError),
        CallName.Fallocate => Zero(LibC.Allocate(process.Files.OnHost(call.A0), unchecked((int)call.A1), call.A2, call.A3)),
        CallName.Fsize => Size(process, call),
        CallName.Pread => Read(process, call),
        CallName.Pwrite => Write(process, call),
        _ => ScriptResult.Unsupported("not a file call"),
    };

    private ScriptResult Open(PuppetProcess process, in ScenarioCall call, int flags) =>
        call.A0 is < 0 or > ByteLengthMax
            ? ScriptResult.Unsupported("a file of more than 256 MiB")
            : Pass(process, files.Open(call.FileName ?? "", call.A0, call.A1, flags));

    private ScriptResult Pass(PuppetProcess process, SharedFile file)
    {
        _ = file.Hold();
        int descriptor = DescriptorPassing.Pass(puppet, process, file);
        if (descriptor >= 0) process.Files.Add(descriptor, file);
        file.Release();
        return descriptor >= 0 ? ScriptResult.Number(descriptor) : ScriptResult.Error(Puppet.ErrorOf(descriptor));
    }

    private ScriptResult Close(PuppetProcess process, in ScenarioCall call)
    {
        int descriptor = process.Files.IsOpen(call.A0) ? (int)call.A0 : FileTable.NotOpen;
        Errno error = puppet.Try(process, I386Call.Close, (uint)descriptor);
        if (error == Errno.None) process.Files.Remove(descriptor);
        return ScriptResult.ZeroOr(error);
    }

    private static ScriptResult Read(PuppetProcess process, in ScenarioCall call)
    {
        (long count, uint crc) = CopyCalls.Checksum(process.Files.OnHost(call.A0), call.A2, (uint)call.A1);
        return count < 0 ? ScriptResult.Error(LibC.LastError) : ScriptResult.CountAndCrc(count, crc);
    }

    // SAFETY: the kernel reads at most the length of the local buffer.
    private static unsafe ScriptResult Write(PuppetProcess process, in ScenarioCall call)
    {
        int descriptor = process.Files.OnHost(call.A0);
        long byteLength = call.A1, total = 0;
        if (byteLength is < 0 or > ByteLengthMax) return ScriptResult.Unsupported("pwrite of more than 256 MiB");
        byte* chunk = stackalloc byte[ChunkByteLength];
        using ProcessorBatch batch = ProcessorBatch.Begin();
        do
        {
            Span<byte> bytes = new(chunk, (int)Math.Min(ChunkByteLength, byteLength - total));
            ScriptBytes.Fill(bytes, total, call.A3);
            long count = LibC.WriteAt(descriptor, chunk, (nuint)bytes.Length, call.A2 + total);
            if (count < 0 && total == 0) return ScriptResult.Error(LibC.LastError);
            if (count <= 0) break;
            total += count;
        }
        while (total < byteLength);
        return ScriptResult.Number(total);
    }

    private static ScriptResult Size(PuppetProcess process, in ScenarioCall call)
    {
        const int end = 2;    // SEEK_END: the position is used by no call of the dialect
        long size = LibC.Seek(process.Files.OnHost(call.A0), 0, end);
        if (size < 0 && LibC.LastError == Errno.EINVAL) return ScriptResult.Number(0);    // a directory of tmpfs has no end
        return size < 0 ? ScriptResult.Error(LibC.LastError) : ScriptResult.Number(size);
    }

    private static ScriptResult Zero(int result) => result == 0 ? ScriptResult.Number(0) : ScriptResult.Error(LibC.LastError);
}
