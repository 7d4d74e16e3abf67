using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Vfs;

/// <summary>
/// The bytes in socket queues. They are in the host process's memory; for each full page of them, a page of the engine's RAM is taken, so
/// that they count as memory of the machine. Linux: GFP_KERNEL_ACCOUNT of the same buffers.
/// </summary>
internal sealed class QueuedBytes(PipePages store)
{
    private const int RecordByteLength = 64;    // about what our objects of a message take

    private readonly Stack<uint> _pages = new();
    private long _byteLength;

    private long RoomByteLength => (long)_pages.Count * PageWords.ByteLength;

    /// <summary>Charges a message to be queued. ENOMEM, with nothing charged, if the machine has no page left.</summary>
    public Errno Charge(int byteLength)
    {
        long wanted = _byteLength + byteLength + RecordByteLength;
        while (RoomByteLength < wanted)
        {
            Errno error = store.Take("q"u8, out uint page);
            if (error != Errno.None)
            {
                GiveBack();
                return Errno.ENOMEM;
            }

            _pages.Push(page);
        }

        _byteLength = wanted;
        return Errno.None;
    }

    /// <summary>Charges a restored message.</summary>
    /// <exception cref="InvalidOperationException">The machine has no page left.</exception>
    public void ChargeSaved(int byteLength)
    {
        if (Charge(byteLength) != Errno.None)
            throw new InvalidOperationException("Cannot load the messages of the checkpoint: the machine has too little memory.");
    }

    /// <summary>Uncharges a message that has left its queue.</summary>
    public void Uncharge(int byteLength)
    {
        _byteLength -= byteLength + RecordByteLength;
        GiveBack();
    }

    private void GiveBack()
    {
        // Keeps one, so that the next message need not take it anew
        while (RoomByteLength - _byteLength >= 2 * PageWords.ByteLength) store.Give(_pages.Pop());
    }
}
