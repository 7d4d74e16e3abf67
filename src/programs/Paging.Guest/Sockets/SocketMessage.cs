using System.Numerics;
using Paging.Guest.Abi;
using Paging.Guest.Vfs;

namespace Paging.Guest.Sockets;

/// <summary>
/// What lies in a socket's queue: bytes, and the open files that came along. Linux: struct sk_buff with its unix_skb_parms.
/// </summary>
internal sealed class SocketMessage(UnixSocket owner, byte[] bytes, List<OpenDescription>? files)
{
    private const int RecordByteLength = 256, SharedInfoByteLength = 320, PageByteLength = PageWords.ByteLength, LinearMax =
        PageByteLength - SharedInfoByteLength;

    /// <summary>
    /// The most that a stream puts into one: a page's block and eight pages, as Linux 6.18 does. Linux: unix_stream_sendmsg,
    /// UNIX_SKB_FRAGS_SZ.
    /// </summary>
    public const int ChunkMax = LinearMax + 32768;

    public byte[] Bytes => bytes;

    /// <summary>How much of it a stream's reader has taken already.</summary>
    public int Taken { get; set; }

    public ReadOnlySpan<byte> Rest => bytes.AsSpan(Taken);

    /// <summary>The socket that it was sent from, whose name is the sender's.</summary>
    public UnixSocket Owner => owner;

    public List<OpenDescription>? Files { get; private set; } = files;

    /// <summary>What it takes of its sender's buffer: the bytes with what the kernel spends on them.</summary>
    public int Charge { get; } = ChargeOf(bytes.Length);

    /// <summary>The files, which are the receiver's from now on.</summary>
    public List<OpenDescription>? TakeFiles()
    {
        List<OpenDescription>? taken = Files;
        Files = null;
        return taken;
    }

    /// <summary>The files for one who only peeks: held once more.</summary>
    public List<OpenDescription>? CopyFiles()
    {
        if (Files is null) return null;
        foreach (OpenDescription file in Files) file.Hold();
        return [.. Files];
    }

    /// <summary>It leaves the queue: its sender has room again.</summary>
    public void Discard()
    {
        owner.Forget(this);
        ReleaseFiles();
    }

    /// <summary>Releases the files that came with the message: no receiver takes them.</summary>
    public void ReleaseFiles()
    {
        if (TakeFiles() is not { } files) return;
        foreach (OpenDescription file in files) file.Release();
    }

    /// <summary>
    /// skb->truesize: the record, a block of the allocator for up to a page of data, whole pages for the rest. Linux: sock_alloc_send_pskb.
    /// </summary>
    private static int ChargeOf(int byteLength)
    {
        int inPages = Math.Min(byteLength, (Math.Max(byteLength - LinearMax, 0) + PageByteLength - 1) & -PageByteLength);
        int linear = ((byteLength - inPages + 63) & -64) + SharedInfoByteLength;
        return RecordByteLength + (int)BitOperations.RoundUpToPowerOf2((uint)linear) + ((inPages + PageByteLength - 1) & -PageByteLength);
    }
}
