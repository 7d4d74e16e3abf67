using Paging.HostKernel.Interop;
using Paging.HostKernel.Puppets;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;

namespace Paging.HostKernel.Calls;

/// <summary>Copies by the kernel: read(2) and write(2) in the puppet, between its memory and the exchange file.</summary>
/// <remarks>
/// A file, not a pipe: read and write on a file count every byte before the first that cannot be copied, on a pipe whole pages.
/// </remarks>
internal sealed class CopyCalls(Puppet puppet)
{
    private const int ChunkByteLength = 1 << 16;
    private const long ByteLengthMax = 1 << 28;    // more would tax the host's memory and test nothing new

    internal ScriptResult In(PuppetProcess process, in ScenarioCall call)
    {
        long byteLength = unchecked((uint)call.A1);
        if (byteLength > ByteLengthMax) return ScriptResult.Unsupported("copyin of more than 256 MiB");
        Span<byte> chunk = stackalloc byte[(int)Math.Min(byteLength, ChunkByteLength)];
        for (long at = 0; at < byteLength; at += chunk.Length)
        {
            Span<byte> bytes = chunk[..(int)Math.Min(chunk.Length, byteLength - at)];
            ScriptBytes.Fill(bytes, at, call.A2);
            RandomAccess.Write(puppet.Exchange, bytes, at);
        }
        int count = Copy(process, I386Call.Pread, call);
        return count < 0 ? ScriptResult.Error(Puppet.ErrorOf(count)) : ScriptResult.Number(count);
    }

    internal ScriptResult Out(PuppetProcess process, in ScenarioCall call)
    {
        int count = Copy(process, I386Call.Pwrite, call);
        return count < 0
            ? ScriptResult.Error(Puppet.ErrorOf(count))
            : ScriptResult.CountAndCrc(count, Checksum((int)puppet.Exchange.DangerousGetHandle(), 0, count).Crc);
    }

    /// <summary>The checksum of up to that many bytes of a file; the count is minus one when not even the first could be read.</summary>
    // SAFETY: the kernel writes at most the length of the local buffer.
    internal static unsafe (long Count, uint Crc) Checksum(int descriptor, long offset, long byteLength)
    {
        byte* chunk = stackalloc byte[ChunkByteLength];
        uint crc = 0;
        long total = 0;
        do
        {
            long count = LibC.ReadAt(descriptor, chunk, (nuint)Math.Min(ChunkByteLength, byteLength - total), offset + total);
            if (count < 0 && total == 0) return (-1, 0);
            if (count <= 0) break;
            crc = ScriptBytes.Crc32(new ReadOnlySpan<byte>(chunk, (int)count), crc);
            total += count;
        }
        while (total < byteLength);
        return (total, crc);
    }

    private int Copy(PuppetProcess process, I386Call number, in ScenarioCall call) =>
        puppet.Call(process, number, PuppetLayout.ExchangeDescriptor, unchecked((uint)call.A0), unchecked((uint)call.A1));
}
