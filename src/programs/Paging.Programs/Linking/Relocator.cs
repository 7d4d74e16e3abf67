using Paging.Core;

namespace Paging.Programs.Linking;

/// <summary>How many places of a program were relocated, and how many wait for the program's own code.</summary>
/// <param name="Applied">Words written, and variables copied.</param>
/// <param name="Deferred">Thread-local storage, and functions that choose their implementation (IFUNC).</param>
public readonly record struct RelocationTally(long Applied, long Deferred)
{
    internal static readonly RelocationTally OneApplied = new(1, 0), OneDeferred = new(0, 1);

    /// <summary>Adds two tallies.</summary>
    public static RelocationTally operator +(RelocationTally left, RelocationTally right) =>
        new(left.Applied + right.Applied, left.Deferred + right.Deferred);
}

//   S the symbol's address    A the word at the place    P the place's own address    B the object's bias
/// <summary>Writes the addresses that are known only after an object and its dependencies were mapped.</summary>
/// <remarks>
/// Writes as the program itself does: a page of data becomes a private copy, and text stays shared. Binds everything at once (LD_BIND_NOW).
/// System V ABI, Intel386 supplement, chapter 4, "Relocation"; glibc: sysdeps/i386/dl-machine.h elf_machine_rel, elf/do-rel.h.
/// </remarks>
internal sealed class Relocator(AddressSpace space, IReadOnlyList<SharedObject> scope)
{
    private const uint EntryByteLength = 8;
    private const uint EntryCountMax = 1 << 22;

    private enum Kind : byte
    {
        None = 0,
        Absolute = 1,             // R_386_32         S + A
        Relative32 = 2,           // R_386_PC32       S + A − P
        Copy = 5,                 // R_386_COPY       the variable, copied from the library
        GlobalData = 6,           // R_386_GLOB_DAT   S
        JumpSlot = 7,             // R_386_JMP_SLOT   S
        Bias = 8,                 // R_386_RELATIVE   B + A
        FirstThreadLocal = 14,    // R_386_TLS_TPOFF …
        LastThreadLocal = 41,     // … R_386_TLS_DESC
        Indirect = 42,            // R_386_IRELATIVE
    }

    private GuestWords _memory = new(space.Mmu);

    /// <summary>The relocations so far.</summary>
    public RelocationTally Tally { get; private set; }

    /// <summary>The name that no object defines; null if all were found.</summary>
    public string? Missing { get; private set; }

    /// <summary>Relocates one object.</summary>
    /// <returns>ELIBBAD: invalid tables, or a relocation that i386 does not have. ENOENT: a name that no object defines.</returns>
    public Errno Relocate(SharedObject item)
    {
        ApplyRelative(item);
        Errno error = ApplyAll(item, item.Section.Relocations);
        if (error == Errno.None) error = ApplyAll(item, item.Section.PltRelocations);
        return error == Errno.None && _memory.IsBroken ? Errno.ELIBBAD : error;
    }

    /// <summary>Applies DT_RELR: an even word is a place, an odd word has a bit for each of the 31 words after the last place.</summary>
    private void ApplyRelative(SharedObject item)
    {
        (uint start, uint byteLength) = item.Section.Relative;
        uint next = 0;
        for (uint at = start; at - start < byteLength && !_memory.IsBroken; at += sizeof(uint))
        {
            uint word = _memory.Word(at);
            if ((word & 1) == 0)
            {
                AddBias(item, word + item.Bias);
                next = word + item.Bias + sizeof(uint);
                continue;
            }

            for (int bit = 1; bit < 32; bit++)
                if (((word >> bit) & 1) != 0) AddBias(item, next + ((uint)(bit - 1) * sizeof(uint)));
            next += 31 * sizeof(uint);
        }
    }

    private void AddBias(SharedObject item, uint place)
    {
        _memory.Write(place, _memory.Word(place) + item.Bias);
        Tally += RelocationTally.OneApplied;
    }

    private Errno ApplyAll(SharedObject item, (uint Start, uint ByteLength) table)
    {
        uint count = table.ByteLength / EntryByteLength;
        if (count > EntryCountMax) return Errno.ELIBBAD;
        for (uint i = 0; i < count && !_memory.IsBroken; i++)
        {
            uint place = _memory.Word(table.Start + (i * EntryByteLength)) + item.Bias;
            uint information = _memory.Word(table.Start + (i * EntryByteLength) + 4);
            Errno error = Apply(item, place, (Kind)(byte)information, information >> 8);
            if (error != Errno.None) return error;
        }

        return Errno.None;
    }

    private Errno Apply(SharedObject item, uint place, Kind kind, uint number)
    {
        switch (kind)
        {
            case Kind.None:
                return Errno.None;
            case Kind.Bias:
                AddBias(item, place);
                return Errno.None;
            case Kind.Indirect or (>= Kind.FirstThreadLocal and <= Kind.LastThreadLocal):
                Tally += RelocationTally.OneDeferred;
                return Errno.None;
            case Kind.Absolute or Kind.Relative32 or Kind.Copy or Kind.GlobalData or Kind.JumpSlot:
                return Bind(item, place, kind, number);
            default:
                return Errno.ELIBBAD;
        }
    }

    private Errno Bind(SharedObject item, uint place, Kind kind, uint number)
    {
        DynamicSymbol wanted = DynamicSymbol.Read(ref _memory, item.Section.Symbols, number);
        if (!TryResolve(item, kind, number, wanted, out DynamicSymbol found, out uint bias)) return Errno.ENOENT;
        if (found.IsIndirect || found.IsThreadLocal)
        {
            Tally += RelocationTally.OneDeferred;
            return Errno.None;
        }

        uint address = found == default ? 0 : found.Address(bias);
        if (kind == Kind.Copy) _memory.Copy(address, place, Math.Min(wanted.ByteLength, found.ByteLength));
        else _memory.Write(place, ValueOf(kind, address, place));
        Tally += RelocationTally.OneApplied;
        return Errno.None;
    }

    private uint ValueOf(Kind kind, uint address, uint place) => kind switch
    {
        Kind.Absolute => address + _memory.Word(place),
        Kind.Relative32 => address + _memory.Word(place) - place,
        _ => address,
    };

    /// <summary>Finds the definition of a symbol. A local symbol is the object's own; an undefined weak symbol is 0 and no error.</summary>
    private bool TryResolve(SharedObject item, Kind kind, uint number, in DynamicSymbol wanted, out DynamicSymbol found, out uint bias)
    {
        (found, bias) = (wanted, item.Bias);
        if (number == 0) found = default;
        if (number == 0 || (wanted.IsLocal && !wanted.IsUndefined)) return true;

        byte[] name = _memory.String(item.Section.Strings + wanted.Name);
        if (item.Section.IsSymbolic && kind != Kind.Copy && TryFindIn(item, kind, name, out found)) return true;
        foreach (SharedObject other in scope)
        {
            bias = other.Bias;
            if (!(kind == Kind.Copy && ReferenceEquals(other, item)) && TryFindIn(other, kind, name, out found)) return true;
        }

        bias = item.Bias;
        found = kind == Kind.Copy ? default : wanted;
        if (!found.IsUndefined) return true;    // its own definition, in an old version that other objects cannot request
        found = default;
        if (wanted.IsWeak) return true;
        Missing = System.Text.Encoding.UTF8.GetString(name);
        return false;
    }

    private bool TryFindIn(SharedObject other, Kind kind, ReadOnlySpan<byte> name, out DynamicSymbol found)
    {
        uint number = SymbolLookup.Find(ref _memory, other.Section, name, orPlt: kind != Kind.JumpSlot);
        found = number == 0 ? default : DynamicSymbol.Read(ref _memory, other.Section.Symbols, number);
        return number != 0;
    }
}
