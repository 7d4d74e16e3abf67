using System.Runtime.CompilerServices;
using Iced.Intel;
using Paging.Core;
using Paging.Native;
using Paging.Programs;

namespace Paging.Guest.Checking;

/// <summary>The checked state of one address space: the states of its bytes, its heap, and the code that it has mapped.</summary>
internal sealed class CheckedMemory
{
    private const int LongestInstruction = 15;    // SDM 2A, 2.3.11

    private readonly Dictionary<uint, byte> _partial = [];    // partly initialized bytes → their uninitialized bits
    private readonly Dictionary<uint, DecodedStep> _steps = [];
    private readonly Dictionary<uint, HeapCall> _entries = [];
    private readonly Dictionary<uint, string> _stringFunctions = [];    // entry → name
    private readonly Dictionary<uint, string> _resolvers = [];
    private readonly Dictionary<uint, VirtualAddress> _origins = [];    // stored uninitialized bytes → the bytes that they were loaded from
    private readonly ProgramNames _names;

    public CheckedMemory(AddressSpace memory, ProgramNames names)
    {
        (Space, _names) = (memory, names);
        Shadow = memory.OpenByteShadow();
        Shadow.IsEnforced = false;    // errors are reported, and the program continues
        Heap = new(memory, Shadow);
    }

    /// <summary>Copies the state for a forked process, whose shadow the engine has copied.</summary>
    public CheckedMemory(CheckedMemory parent, AddressSpace memory)
    {
        (Space, _names) = (memory, parent._names);
        Shadow = memory.OpenByteShadow();
        Heap = new(parent.Heap, memory, Shadow);
        (_partial, _origins, _stringFunctions) = (new(parent._partial), new(parent._origins), new(parent._stringFunctions));
    }

    public AddressSpace Space { get; }

    public ByteShadow Shadow { get; }

    public CheckedHeap Heap { get; }

    /// <summary>Set when code may have been mapped or unmapped.</summary>
    public bool IsStale { get; set; } = true;

    /// <summary>The code that is mapped.</summary>
    public ProgramNames.Module[] Modules { get; private set; } = [];

    /// <summary>Returns true if the code at an address is the loader's, whose string functions load partly uninitialized words.</summary>
    public bool IsLoader(VirtualAddress at)
    {
        foreach (ProgramNames.Module module in Modules)
            if (module.Range.Contains(at.Page)) return module.Name.StartsWith("ld-linux", StringComparison.Ordinal);
        return false;
    }

    /// <summary>Decodes the instruction at an address, once.</summary>
    public DecodedStep StepAt(VirtualAddress at)
    {
        if (IsStale) Refresh();
        if (!_steps.TryGetValue(at.Value, out DecodedStep? step)) _steps[at.Value] = step = Decode(at);
        return step;
    }

    /// <summary>Notes that a resolver has returned the entry of the function of its name.</summary>
    public void NoteResolved(string name, VirtualAddress entry)
    {
        _stringFunctions[entry.Value] = name;
        _steps.Remove(entry.Value);
    }

    /// <summary>Returns the origin of a byte's bad bits: the byte that they were first loaded from.</summary>
    public VirtualAddress OriginOf(VirtualAddress at) => _origins.GetValueOrDefault(at.Value, at);

    /// <summary>Notes that bad bits from another address were stored at an address.</summary>
    public void NoteOrigin(VirtualAddress at, VirtualAddress origin) => _origins[at.Value] = origin;

    /// <summary>Sets the state of whole bytes.</summary>
    public void Mark(VirtualAddress start, uint byteLength, ByteState state)
    {
        if (state == ByteState.Uninitialized)
        {
            Forget(_partial, start, byteLength);
            Forget(_origins, start, byteLength);
        }

        _ = Shadow.Mark(start, byteLength, state);    // a range that is not mapped has no marks
    }

    /// <summary>Returns the uninitialized bits of up to 16 bytes; all of an unaddressable byte.</summary>
    public UInt128 BitsAt(VirtualAddress start, int byteLength)
    {
        UInt128 bits = 0;
        for (int i = 0; i < byteLength; i++)
        {
            VirtualAddress at = start + (uint)i;
            ByteState state = Shadow[at];
            if (state == ByteState.Good) continue;
            byte ofByte = state == ByteState.Uninitialized && _partial.TryGetValue(at.Value, out byte some) ? some : (byte)0xFF;
            bits |= (UInt128)ofByte << (8 * i);
        }

        return bits;
    }

    /// <summary>Returns true if a loaded word has bad bytes only after a good zero: the end of a string, loaded by words.</summary>
    /// <remarks>String functions without a name in a stripped library do so. The bytes after the zero count as good.</remarks>
    public bool EndsString(VirtualAddress start, int byteLength)
    {
        if (byteLength is not (4 or 8 or 16)) return false;
        for (int i = 0; i < byteLength; i++)
        {
            VirtualAddress at = start + (uint)i;
            if (Shadow[at] != ByteState.Good) return false;
            if (Space.Mmu.TryRead(at, out byte letter) && letter == 0) return true;
        }

        return true;
    }

    /// <summary>Stores the uninitialized bits of bytes; those beyond the 16th byte count as good. Unaddressable bytes stay so.</summary>
    public void StoreBits(VirtualAddress start, int byteLength, UInt128 bits)
    {
        for (int i = 0; i < byteLength; i++, bits >>= 8)
        {
            VirtualAddress at = start + (uint)i;
            if (Shadow[at] == ByteState.Unaddressable) continue;
            byte ofByte = (byte)(bits & 0xFF);
            _ = Shadow.Mark(at, 1, ofByte == 0 ? ByteState.Good : ByteState.Uninitialized);
            if (ofByte is 0 or 0xFF) _partial.Remove(at.Value);    // the byte's state says the same
            else _partial[at.Value] = ofByte;
        }
    }

    private static void Forget<T>(Dictionary<uint, T> ofBytes, VirtualAddress start, uint byteLength)
    {
        if (ofBytes.Count == 0) return;
        if (byteLength < ofBytes.Count)
        {
            for (uint i = 0; i < byteLength; i++) ofBytes.Remove(start.Value + i);
            return;
        }

        foreach (uint at in ofBytes.Keys.Where(at => at - start.Value < byteLength).ToArray()) ofBytes.Remove(at);
    }

    /// <summary>Finds the allocator's functions: those of the C library, or of a program that contains it.</summary>
    private void Refresh()
    {
        IsStale = false;
        _steps.Clear();
        _entries.Clear();
        _resolvers.Clear();
        Modules = _names.Read(Space);
        foreach (ProgramNames.Module module in Modules)
        {
            bool isLibrary = module.Name.StartsWith("libc.so", StringComparison.Ordinal)
                || module.Name.StartsWith("libc-", StringComparison.Ordinal);
            if (!isLibrary && Modules.Length != 1) continue;
            foreach (ProgramSymbol symbol in module.Functions) Note(symbol, symbol.Address.Value + module.Bias);
        }
    }

    private void Note(in ProgramSymbol symbol, uint entry)
    {
        if (HeapCalls.Of(symbol.Name) is var call and not HeapCall.None) _entries[entry] = call;
        if (!StringFunctions.Has(symbol.Name)) return;
        if (symbol.IsResolver) _resolvers[entry] = symbol.Name;
        else _stringFunctions[entry] = symbol.Name;
    }

    [SkipLocalsInit]
    private DecodedStep Decode(VirtualAddress at)
    {
        Span<byte> code = stackalloc byte[LongestInstruction];
        int length = Space.Mmu.CopyOut(at, code, out _);
        Decoder decoder = Decoder.Create(32, code[..length].ToArray(), at.Value);
        decoder.Decode(out Instruction instruction);
        return new(at, instruction, _entries.GetValueOrDefault(at.Value))
        {
            StringFunction = _stringFunctions.GetValueOrDefault(at.Value),
            Resolver = _resolvers.GetValueOrDefault(at.Value),
        };
    }
}
