using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Paging.Processors.DirectExecution;

/// <summary>
/// The registers of tasks that run in stubs. Integer registers are in their contexts; floating point stays in the stub that ran it last,
/// until it is needed.
/// </summary>
internal sealed class DirectContexts : IContextStore, IDisposable
{
    private const int LegacyLength = 512, PresentOffset = 512;    // XSTATE_BV is the first word after the legacy area
    private const int HeaderLength = 64;
    private const int KnownOffset = 464;                          // existing parts, in the software bytes from ptrace
    private const int MxcsrOffset = 24, MxcsrMaskOffset = 28;
    private const ulong LegacyParts = 3;                          // x87 and SSE
    private const int StateByteLengthMost = 16 << 10;

    private readonly Action _enter;
    private readonly nint _pristine;
    private readonly int _stateByteLength;

    /// <summary>Reads the layout and the initial value of the processor's state from a fresh stub.</summary>
    /// <param name="enter">Checks that the processor may be used now.</param>
    /// <param name="fresh">A stub that has run no program.</param>
    // SAFETY: the block has the length that is passed, and Dispose frees it.
    public unsafe DirectContexts(Action enter, StubProcess fresh)
    {
        _enter = enter;
        _pristine = (nint)NativeMemory.AllocZeroed(StateByteLengthMost);
        _stateByteLength = fresh.ReadState(_pristine, StateByteLengthMost);
    }

    public SegmentSelectors Selectors => SegmentSelectors.Of64BitKernel;

    /// <summary>A block for a context's state, as it is at first.</summary>
    // SAFETY: both blocks have at least the length.
    public unsafe nint AllocateState()
    {
        void* state = NativeMemory.Alloc((nuint)_stateByteLength);
        NativeMemory.Copy((void*)_pristine, state, (nuint)_stateByteLength);
        return (nint)state;
    }

    /// <summary>Loads this context's floating point and segments into a stub.</summary>
    public void Place(GuestContext context, StubProcess stub)
    {
        if (stub.Holder != context)
        {
            if (stub.Holder is { } before) TakeBack(before);
            TakeBack(context);
            _ = stub.TryWriteState(context.Blob, _stateByteLength);
            (stub.Holder, context.Residence) = (context, stub);
        }

        stub.SetSegments(context.Tls);
    }

    public void Check(GuestContext context, string name)
    {
        _enter();
        context.CheckIsOf(this, name);
    }

    // SAFETY: as AllocateState.
    public unsafe void Reset(GuestContext context)
    {
        TakeBack(context);
        NativeMemory.Copy((void*)_pristine, (void*)context.Blob, (nuint)_stateByteLength);
        context.Registers = Selectors.FirstRegisters;
    }

    // SAFETY: as AllocateState.
    public unsafe void Copy(GuestContext source, GuestContext destination)
    {
        TakeBack(source);
        TakeBack(destination);
        NativeMemory.Copy((void*)source.Blob, (void*)destination.Blob, (nuint)_stateByteLength);
    }

    /// <summary>Segments are always sent to the stub before it continues.</summary>
    public bool TryReloadTls(GuestContext context) => true;

    // SAFETY: the state has the legacy area at its beginning.
    public unsafe void SaveFloatingPoint(GuestContext context, Span<byte> area)
    {
        TakeBack(context);
        new ReadOnlySpan<byte>((void*)context.Blob, LegacyLength).CopyTo(area);
    }

    // SAFETY: as SaveFloatingPoint; the word after it is in every state that xsave saves.
    public unsafe void RestoreFloatingPoint(GuestContext context, ReadOnlySpan<byte> area)
    {
        TakeBack(context);
        Span<byte> state = new((void*)context.Blob, PresentOffset + sizeof(ulong));
        uint mask = BinaryPrimitives.ReadUInt32LittleEndian(state[MxcsrMaskOffset..]);
        area[..LegacyLength].CopyTo(state);
        Span<byte> control = state[MxcsrOffset..];
        BinaryPrimitives.WriteUInt32LittleEndian(control, BinaryPrimitives.ReadUInt32LittleEndian(control) & (mask == 0 ? 0xFFBF : mask));
        BinaryPrimitives.WriteUInt32LittleEndian(state[MxcsrMaskOffset..], mask);
        Span<byte> present = state[PresentOffset..];
        BinaryPrimitives.WriteUInt64LittleEndian(present, BinaryPrimitives.ReadUInt64LittleEndian(present) | LegacyParts);
    }

    public int ExtendedByteLength => _stateByteLength - LegacyLength;

    // SAFETY: the state has both parts.
    public unsafe void SaveExtended(GuestContext context, Span<byte> area)
    {
        TakeBack(context);
        new ReadOnlySpan<byte>((byte*)context.Blob + LegacyLength, ExtendedByteLength).CopyTo(area);
    }

    // SAFETY: as SaveExtended. Parts that the header does not mark become the initial ones when the processor loads the state.
    public unsafe void RestoreExtended(GuestContext context, ReadOnlySpan<byte> area)
    {
        TakeBack(context);
        Span<byte> state = new((byte*)context.Blob + LegacyLength, ExtendedByteLength);
        ulong possible = BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>((byte*)_pristine + KnownOffset, sizeof(ulong)));
        ulong present = BinaryPrimitives.ReadUInt64LittleEndian(area) & possible;
        area[..ExtendedByteLength].CopyTo(state);
        state[..HeaderLength].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(state, present);
    }

    // SAFETY: the blob comes from AllocateState, and the context drops its pointer.
    public unsafe void Forget(GuestContext context)
    {
        if (context.Residence is StubProcess stub) stub.Holder = null;
        context.Residence = null;
        NativeMemory.Free((void*)context.Blob);
    }

    // SAFETY: the constructor has made it; it is not used after the processor is gone.
    public unsafe void Dispose() => NativeMemory.Free((void*)_pristine);

    /// <summary>Copies a context's state back from its stub.</summary>
    public void TakeBack(GuestContext context)
    {
        if (context.Residence is not StubProcess stub) return;
        if (!stub.IsLost && stub.Id != 0) _ = stub.ReadState(context.Blob, _stateByteLength);
        (stub.Holder, context.Residence) = (null, null);
    }
}
