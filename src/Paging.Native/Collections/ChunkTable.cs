using System.Runtime.InteropServices;

namespace Paging.Native.Collections;

/// <summary>Owns the chunks of a slab and the table that finds them. Frees both when disposed or finalized.</summary>
/// <remarks>The table doubles when it is full and moves then; a chunk never moves. No managed allocation after construction.</remarks>
internal sealed class ChunkTable : SafeHandle
{
    private const nuint ChunkAlignment = 64;    // a record the size of a cache line lies in one
    private const int CapacityMin = 4;

    private int _capacity;

    /// <summary>Makes an empty table, which owns no memory yet.</summary>
    public ChunkTable() : base(invalidHandleValue: 0, ownsHandle: true) { }

    /// <summary>The number of chunks.</summary>
    public int Count { get; private set; }

    /// <summary>The address of each chunk. Valid until the next <see cref="TryAdd"/>.</summary>
    public unsafe void** Table => (void**)handle;

    public override bool IsInvalid => handle == 0;

    /// <summary>Adds a chunk. Its bytes are not initialized.</summary>
    /// <returns>False: the host has no memory; nothing has changed. A shortage at the host is a result like any other.</returns>
    /// <exception cref="ObjectDisposedException">The table is gone.</exception>
    // SAFETY: the table has just been made long enough for one more; a chunk is handed out with its length, which the slab keeps to.
    public unsafe bool TryAdd(nuint byteLength, out void* chunk)
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        try
        {
            if (Count == _capacity)
            {
                int capacity = int.Max(CapacityMin, 2 * _capacity);
                SetHandle((nint)NativeMemory.Realloc(Table, (nuint)capacity * (nuint)sizeof(void*)));
                _capacity = capacity;
            }
            chunk = NativeMemory.AlignedAlloc(byteLength, ChunkAlignment);
            Table[Count++] = chunk;
            return true;
        }
        catch (OutOfMemoryException)
        {
            chunk = null;
            return false;
        }
    }

    // SAFETY: frees each chunk and the table once; the runtime calls this when the handle is no longer used.
    protected override unsafe bool ReleaseHandle()
    {
        for (int chunk = 0; chunk < Count; chunk++) NativeMemory.AlignedFree(Table[chunk]);
        NativeMemory.Free(Table);
        Count = 0;    // a late caller asks for a chunk, and gets an exception
        return true;
    }
}
