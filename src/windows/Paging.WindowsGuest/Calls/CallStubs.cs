using System.Buffers.Binary;
using Paging.Native;
using Paging.Windows;
using Paging.Windows.Images;

namespace Paging.WindowsGuest.Calls;

//   B8 n n n n   mov eax, number
//   CD 80        int 0x80            the one gate of the processor; a kernel of Windows has 0x2E and sysenter
//   C2 k 00      ret 4 × arguments   where a thread or a handler returns to: 89 C2, mov edx, eax, in front
/// <summary>The code that imported functions consist of: each stub enters the engine and takes its arguments off the stack.</summary>
/// <remarks>Those of functions lie in <see cref="SystemLibraries"/>; here lie those that no program imports by name.</remarks>
internal sealed class CallStubs
{
    public const uint StubLength = 16;

    private const uint Special = 3;    // stubs before those of functions
    private const int MissingMax = 256;    // the rest share the last stub

    private readonly List<string> _missing = [];
    private readonly IReadOnlyList<ImportedCall> _catalog;
    private readonly VirtualAddress _start;

    private CallStubs(VirtualAddress start, IReadOnlyList<ImportedCall> catalog) => (_start, _catalog) = (start, catalog);

    /// <summary>The call of a stub.</summary>
    internal enum Kind
    {
        /// <summary>A function of the catalog.</summary>
        Function,
        /// <summary>A thread's function has returned.</summary>
        ThreadReturned,
        /// <summary>A handler of exceptions has returned.</summary>
        HandlerReturned,
        /// <summary>A function that a routine has called has returned.</summary>
        RoutineReturned,
        /// <summary>A function that is not in the catalog.</summary>
        Missing,
    }

    /// <summary>The return address of a thread's function.</summary>
    public VirtualAddress ThreadReturn => _start;

    /// <summary>The return address of a handler of exceptions.</summary>
    public VirtualAddress HandlerReturn => _start + StubLength;

    /// <summary>The return address of a function that a routine has called.</summary>
    public VirtualAddress RoutineReturn => _start + (2 * StubLength);

    /// <summary>The number of a function's stub, from its place in the catalog.</summary>
    public static uint NumberOf(int index) => Special + (uint)index;

    /// <summary>Puts the stubs into a process. Null: no memory.</summary>
    /// <param name="process">The process.</param>
    /// <param name="catalog">The functions behind the stubs, by their numbers.</param>
    public static CallStubs? Make(WindowsProcess process, IReadOnlyList<ImportedCall> catalog)
    {
        List<byte> code = [];
        for (uint i = 0; i < Special + MissingMax; i++)
            code.AddRange(CodeOf(i < Special ? i : i + (uint)catalog.Count, argumentCount: 0));    // numbers of the catalog lie between
        return SystemMemory.TryTakeCode(process, code.ToArray(), out VirtualAddress at) ? new(at, catalog) : null;
    }

    /// <summary>The stub of an import that is in no library. A call of it reports the missing import.</summary>
    public VirtualAddress ResolveMissing(PeImport import)
    {
        // A missing import does no harm unless it is called
        if (_missing.Count < MissingMax) _missing.Add($"{import.Module}.{import.Name}");
        return _start + ((Special + (uint)_missing.Count - 1) * StubLength);
    }

    /// <summary>The meaning of a number in EAX.</summary>
    public Kind KindOf(uint number, out ImportedCall? call)
    {
        call = null;
        if (number < Special) return number == 0 ? Kind.ThreadReturned : number == 1 ? Kind.HandlerReturned : Kind.RoutineReturned;
        if (number - Special >= (uint)_catalog.Count) return Kind.Missing;    // also a number that no stub has
        call = _catalog[(int)(number - Special)];
        return Kind.Function;
    }

    /// <summary>The name of a function that is missing.</summary>
    public string NameOfMissing(uint number)
    {
        int index = (int)(number - Special) - _catalog.Count;
        return index >= 0 && index < _missing.Count ? _missing[index] : "of no name";
    }

    /// <summary>The code of a stub.</summary>
    public static byte[] CodeOf(uint number, int argumentCount)
    {
        byte[] stub = new byte[StubLength];
        Span<byte> code = stub;
        code.Fill(0xCC);    // int3: a jump into the middle is seen at once
        if (number < Special)
        {
            (code[0], code[1]) = (0x89, 0xC2);    // eax is about to hold the number of the stub
            code = code[2..];
        }

        code[0] = 0xB8;
        BinaryPrimitives.WriteUInt32LittleEndian(code[1..], number);
        (code[5], code[6], code[7]) = (0xCD, 0x80, 0xC2);
        BinaryPrimitives.WriteUInt16LittleEndian(code[8..], (ushort)(argumentCount * 4));
        return stub;
    }
}
