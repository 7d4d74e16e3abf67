using System.Buffers.Binary;
using Paging.Native;
using Paging.Windows;
using Paging.Windows.Images;
using Paging.WindowsGuest.Images;

namespace Paging.WindowsGuest.Calls;

//   B8 n n n n   mov eax, number
//   CD 80        int 0x80            the one gate of the processor; a kernel of Windows has 0x2E and sysenter
//   C2 k 00      ret 4 × arguments   where a thread or a handler returns to: 89 C2, mov edx, eax, in front
/// <summary>The code that imported functions consist of: each stub enters the engine and takes its arguments off the stack.</summary>
/// <remarks>Those of functions lie in images (<see cref="SystemLibraries"/>); here lie those that no program imports by name.</remarks>
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
        uint count = Special + MissingMax;
        byte[] code = new byte[count * StubLength];
        for (uint i = 0; i < count; i++)
        {
            uint number = i < Special ? i : i + (uint)catalog.Count;    // numbers of the catalog lie between
            WriteStub(code.AsSpan((int)(i * StubLength), (int)StubLength), number, call: null);
        }

        if (!SystemMemory.TryTake(process, (uint)code.Length, out VirtualAddress at)) return null;
        process.Access.WriteProcessMemory(at, code, out _);
        process.Memory.VirtualProtect(at, (uint)code.Length, PageProtection.ExecuteRead, out _);
        return new(at, catalog);
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

    /// <summary>The code of the stub of a function.</summary>
    public static byte[] CodeOf(uint number, ImportedCall call)
    {
        byte[] code = new byte[StubLength];
        WriteStub(code, number, call);
        return code;
    }

    private static void WriteStub(Span<byte> code, uint number, ImportedCall? call)
    {
        code.Fill(0xCC);    // int3: a jump into the middle is seen at once
        if (number < Special)
        {
            (code[0], code[1]) = (0x89, 0xC2);    // eax is about to hold the number of the stub
            code = code[2..];
        }

        code[0] = 0xB8;
        BinaryPrimitives.WriteUInt32LittleEndian(code[1..], number);
        (code[5], code[6]) = (0xCD, 0x80);
        code = code[7..];
        code[0] = 0xC2;
        BinaryPrimitives.WriteUInt16LittleEndian(code[1..], (ushort)((call?.ArgumentCount ?? 0) * 4));
    }
}
