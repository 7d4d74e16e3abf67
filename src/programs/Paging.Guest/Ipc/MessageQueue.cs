using Paging.Guest.Abi;
using Paging.Guest.Records;
using Paging.Guest.Tasks;

namespace Paging.Guest.Ipc;

/// <summary>A message with its type.</summary>
internal readonly record struct TypedMessage(int Type, byte[] Bytes);

/// <summary>A queue of typed messages. Linux: struct msg_queue, ipc/msg.c.</summary>
internal sealed class MessageQueue : IpcObject, IAwaited
{
    public MessageQueue(Credentials maker, FileModes rights, long now) : base(maker, rights, now) { }

    /// <summary>One that was saved, with its messages.</summary>
    public MessageQueue(RecordReader reader) : base(reader)
    {
        ByteLengthMax = reader.ReadWord();
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++) Put(new(reader.ReadNumber(), reader.ReadBytes().ToArray()), 0, 0);
        (LastSenderId, LastReceiverId) = (reader.ReadNumber(), reader.ReadNumber());
        (SentAt, ReceivedAt) = (reader.ReadWideNumber(), reader.ReadWideNumber());
    }

    /// <summary>struct msqid64_ds.</summary>
    public const int StatusByteLength = 88;

    /// <summary>MSGMNB, MSGMAX.</summary>
    public const int DefaultByteLengthMax = 16384, MessageByteLengthMax = 8192;

    public LinkedList<TypedMessage> Messages { get; } = new();

    public int ByteLength { get; private set; }

    public uint ByteLengthMax { get; set; } = DefaultByteLengthMax;

    public int LastSenderId { get; private set; }

    public int LastReceiverId { get; private set; }

    public long SentAt { get; private set; }

    public long ReceivedAt { get; private set; }

    protected override uint[] StatusWords =>
    [
        (uint)SentAt, 0, (uint)ReceivedAt, 0, (uint)ChangedAt, 0, (uint)ByteLength, (uint)Messages.Count, ByteLengthMax,
            (uint)LastSenderId, (uint)LastReceiverId,
    ];

    public void Save(RecordWriter writer)
    {
        SaveCommon(writer);
        writer.Write(ByteLengthMax);
        writer.Write(Messages.Count);
        foreach (TypedMessage message in Messages)
        {
            writer.Write(message.Type);
            writer.WriteBytes(message.Bytes);
        }

        writer.Write(LastSenderId);
        writer.Write(LastReceiverId);
        writer.Write(SentAt);
        writer.Write(ReceivedAt);
    }

    /// <summary>Linux: msg_fits_inqueue.</summary>
    public bool HasRoomFor(int byteLength) => byteLength + ByteLength <= ByteLengthMax && 1 + Messages.Count <= ByteLengthMax;

    public void Put(in TypedMessage message, int id, long now)
    {
        Messages.AddLast(message);
        ByteLength += message.Bytes.Length;
        (LastSenderId, SentAt) = (id, now);
    }

    public void Take(LinkedListNode<TypedMessage> node, int id, long now)
    {
        Messages.Remove(node);
        ByteLength -= node.Value.Bytes.Length;
        (LastReceiverId, ReceivedAt) = (id, now);
    }

    /// <summary>
    /// 0: the first; a type: the first of it, or not of it; a negative one: the first of the lowest type up to it. Linux: find_msg.
    /// </summary>
    public LinkedListNode<TypedMessage>? Find(int type, bool except)
    {
        LinkedListNode<TypedMessage>? best = null;
        for (LinkedListNode<TypedMessage>? node = Messages.First; node is not null; node = node.Next)
        {
            if (type == 0 || (type > 0 && (node.Value.Type == type) != except)) return node;
            if (type < 0 && node.Value.Type <= -(long)type && !(node.Value.Type >= best?.Value.Type)) best = node;
        }

        return best;
    }

    /// <summary>By its place, for MSG_COPY.</summary>
    public LinkedListNode<TypedMessage>? At(int place)
    {
        LinkedListNode<TypedMessage>? node = Messages.First;
        for (; place > 0 && node is not null; place--) node = node.Next;
        return node;
    }
}
