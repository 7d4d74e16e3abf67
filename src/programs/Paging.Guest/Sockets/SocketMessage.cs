using System.Numerics;
using Paging.Guest.Abi;
using Paging.Guest.Records;
using Paging.Guest.Vfs;

namespace Paging.Guest.Sockets;

/// <summary>
/// A message in a socket's queue: bytes, and the open files sent with it. Linux: struct sk_buff with its unix_skb_parms.
/// </summary>
internal sealed class SocketMessage(UnixSocket owner, byte[] bytes, List<OpenDescription>? files)
{
    // sizeof(struct sk_buff) and skb_shared_info of x86-64, in whole cache lines
    private const int RecordByteLength = 256, SharedInfoByteLength = 320, PageByteLength = PageWords.ByteLength, LinearMax =
        PageByteLength - SharedInfoByteLength;

    /// <summary>
    /// The most bytes of a stream in one message: a page's block and eight pages, as in Linux 6.18. Linux: unix_stream_sendmsg,
    /// UNIX_SKB_FRAGS_SZ.
    /// </summary>
    public const int ChunkMax = LinearMax + 32768;

    public byte[] Bytes => bytes;

    /// <summary>The bytes that a stream's reader has already taken.</summary>
    public int Taken { get; set; }

    public ReadOnlySpan<byte> Rest => bytes.AsSpan(Taken);

    /// <summary>The sending socket, whose name is the sender's address.</summary>
    public UnixSocket Owner => owner;

    public List<OpenDescription>? Files { get; private set; } = files;

    /// <summary>The message's charge to the sender's buffer: the bytes and the kernel's overhead.</summary>
    public int Charge { get; } = ChargeOf(bytes.Length);

    /// <summary>Takes the files, which the receiver then owns.</summary>
    public List<OpenDescription>? TakeFiles()
    {
        List<OpenDescription>? taken = Files;
        Files = null;
        return taken;
    }

    /// <summary>Returns the files for MSG_PEEK, with further references.</summary>
    public List<OpenDescription>? CopyFiles()
    {
        if (Files is null) return null;
        foreach (OpenDescription file in Files) file.Hold();
        return [.. Files];
    }

    public void Save(RecordWriter writer, OpenFileNumbers files)
    {
        writer.Write(files.NumberOf(owner));
        writer.WriteBytes(bytes);
        writer.Write(Taken);
        writer.Write(Files?.Count ?? 0);
        foreach (OpenDescription file in Files ?? []) writer.Write(files.NumberOf(file));
    }

    /// <summary>Loads a message of a socket's queue.</summary>
    public static SocketMessage Load(RecordReader reader, UnixSocket socket, OpenFileNumbers files)
    {
        UnixSocket owner = socket.OfSameType(files.Read(reader));
        byte[] bytes = reader.ReadBytes().ToArray();
        int taken = reader.ReadIndex(bytes.Length + 1, "what was read of a message");
        List<OpenDescription> sent = [];
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            sent.Add(files.Read(reader));
            sent[^1].Hold();
        }

        return new(owner, bytes, count > 0 ? sent : null) { Taken = taken };
    }

    /// <summary>Discards a message that has left the queue, and returns its room to the sender.</summary>
    public void Discard()
    {
        owner.Forget(this);
        ReleaseFiles();
    }

    /// <summary>Releases the files of a message that has no receiver.</summary>
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
