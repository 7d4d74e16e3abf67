using System.Buffers.Binary;
using Paging.Native;
using Paging.Windows;
using Paging.Windows.Images;

namespace Paging.WindowsGuest.Calls;

//   B8 n n n n   mov eax, number
//   CD 80        int 0x80            the one gate of the processor; a kernel of Windows has 0x2E and sysenter
//   C2 k 00      ret 4 × arguments   where a thread or a handler returns to: 89 C2, mov edx, eax, in front
/// <summary>The code that imported functions consist of: each stub enters the engine and takes its arguments off the stack.</summary>
internal sealed class CallStubs
{
    private const uint StubLength = 16;
    private const uint Special = 2;    // stubs before those of functions

    private readonly Dictionary<(string Module, string Name), uint> _numbers = [];
    private readonly List<string> _missing = [];
    private readonly uint _room;

    private CallStubs(VirtualAddress start, uint room) => (Start, _room) = (start, room);

    /// <summary>What a stub stands for.</summary>
    internal enum Kind
    {
        /// <summary>A function of the catalog.</summary>
        Function,
        /// <summary>A thread's function has returned.</summary>
        ThreadReturned,
        /// <summary>A handler of exceptions has returned.</summary>
        HandlerReturned,
        /// <summary>A function that is not in the catalog.</summary>
        Missing,
    }

    /// <summary>Where they lie.</summary>
    public VirtualAddress Start { get; }

    /// <summary>Where a thread's function returns to.</summary>
    public VirtualAddress ThreadReturn => AddressOf(0);

    /// <summary>Where a handler of exceptions returns to.</summary>
    public VirtualAddress HandlerReturn => AddressOf(1);

    /// <summary>Puts the stubs into a process. Null: no memory.</summary>
    public static CallStubs? Make(WindowsProcess process)
    {
        const int missingMax = 256;
        IReadOnlyList<ImportedCall> calls = CallCatalog.All;
        uint count = Special + (uint)calls.Count + missingMax;
        byte[] code = new byte[count * StubLength];
        for (uint i = 0; i < count; i++)
        {
            int index = (int)(i - Special);
            bool isCall = index >= 0 && index < calls.Count;
            WriteStub(code.AsSpan((int)(i * StubLength), (int)StubLength), i, isCall ? calls[index].ArgumentCount : 0);
        }

        if (!SystemMemory.TryTake(process, (uint)code.Length, out VirtualAddress at)) return null;
        process.Access.WriteProcessMemory(at, code, out _);
        process.Memory.VirtualProtect(at, (uint)code.Length, PageProtection.ExecuteRead, out _);
        CallStubs stubs = new(at, missingMax);
        for (int i = 0; i < calls.Count; i++) stubs._numbers.Add((calls[i].Module, calls[i].Name), Special + (uint)i);
        return stubs;
    }

    /// <summary>The stub of an import. What is missing gets one that says so when it is called.</summary>
    public VirtualAddress Resolve(PeImport import)
    {
        if (TryFind(import.Module, import.Name, out VirtualAddress known)) return known;
        if ((uint)_missing.Count < _room) _missing.Add($"{import.Module}.{import.Name}");
        return AddressOf(Special + (uint)CallCatalog.All.Count + (uint)_missing.Count - 1);
    }

    /// <summary>Finds a function by its name.</summary>
    public bool TryFind(string module, string name, out VirtualAddress address)
    {
        bool isFound = _numbers.TryGetValue((module, name), out uint number);
        address = isFound ? AddressOf(number) : default;
        return isFound;
    }

    /// <summary>What a number in EAX means.</summary>
    public static Kind KindOf(uint number, out ImportedCall? call)
    {
        call = null;
        if (number == 0) return Kind.ThreadReturned;
        if (number == 1) return Kind.HandlerReturned;
        if (number - Special >= (uint)CallCatalog.All.Count) return Kind.Missing;
        call = CallCatalog.All[(int)(number - Special)];
        return Kind.Function;
    }

    /// <summary>The name of a function that is missing.</summary>
    public string NameOfMissing(uint number)
    {
        int index = (int)(number - Special) - CallCatalog.All.Count;
        return index >= 0 && index < _missing.Count ? _missing[index] : "of no name";
    }

    private VirtualAddress AddressOf(uint number) => Start + (number * StubLength);

    private static void WriteStub(Span<byte> code, uint number, int argumentCount)
    {
        code.Fill(0xCC);
        if (number < Special)
        {
            (code[0], code[1]) = (0x89, 0xC2);
            code = code[2..];
        }

        code[0] = 0xB8;
        BinaryPrimitives.WriteUInt32LittleEndian(code[1..], number);
        (code[5], code[6], code[7]) = (0xCD, 0x80, 0xC2);
        BinaryPrimitives.WriteUInt16LittleEndian(code[8..], (ushort)(argumentCount * 4));
    }
}
