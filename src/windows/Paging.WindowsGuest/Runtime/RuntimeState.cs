using System.Text;
using Paging.Native;
using Paging.WindowsGuest.Calls;
using Paging.WindowsGuest.Threads;

namespace Paging.WindowsGuest.Runtime;

/// <summary>The state of the C library of a program: streams, functions to call at the end, and memory.</summary>
internal sealed class RuntimeState(ProgramState program) : IProgramRuntime
{
    private const uint LocaleLength = 48, NameMax = 0x200;

    /// <summary>The program's streams.</summary>
    public RuntimeStreams Streams { get; } = new(program);

    /// <summary>Functions that exit calls, the last first.</summary>
    public Stack<uint> AtExit { get; } = new();

    /// <summary>The handlers set by signal(), by signal. Only abort calls one.</summary>
    public Dictionary<uint, uint> SignalHandlers { get; } = [];

    /// <summary>A place that a function could not touch; null for none.</summary>
    public ExceptionRecord? Fault { get; set; }

    /// <summary>The result of localeconv.</summary>
    public uint Locale { get; private set; }

    /// <summary>Room for texts that functions return: strerror, setlocale.</summary>
    public uint Scratch { get; private set; }

    /// <summary>The number of the arguments, and the address of their table.</summary>
    public (uint Count, uint Table) Arguments { get; private set; }

    /// <summary>The table of the environment, which is empty.</summary>
    public uint Environment { get; private set; }

    /// <summary>The address of a variable.</summary>
    public uint PlaceOf(string variable) =>
        program.Libraries.TryFind(ImportedCall.Msvcrt, variable, out VirtualAddress place) ? place.Value : 0;

    /// <summary>The lock of a number, for _lock.</summary>
    public uint LockPlace(uint number) => _locks + (number % RuntimeVariables.LockCount * CriticalSection.ByteLength);

    private uint _locks;

    public void FlushAll() => Streams.FlushAll();

    /// <summary>Fills the variables, before the program begins. Returns false if there is no memory.</summary>
    public bool TryBegin()
    {
        byte[] line = ReadCommandLine();
        List<byte[]> words = CommandLineWords.Split(line);
        uint length = (uint)words.Sum(static word => word.Length + 5) + 4;    // a zero and a pointer each; a null pointer at the end
        uint locks = RuntimeVariables.LockCount * CriticalSection.ByteLength;
        if (!SystemMemory.TryTake(program.Process, locks + LocaleLength + NameMax + 64 + length, out VirtualAddress at)) return false;
        _locks = at.Value;
        for (uint i = 0; i < RuntimeVariables.LockCount; i++) new CriticalSection(program.Process, LockPlace(i)).Begin(0);
        Locale = at.Value + locks;
        Scratch = Locale + LocaleLength;
        Environment = Scratch + NameMax;    // one zero word
        WriteLocale();
        uint table = Environment + 16, text = table + ((uint)(words.Count + 1) * 4);
        for (int i = 0; i < words.Count; i++)
        {
            Write(table + ((uint)i * 4), text);
            program.Process.Access.WriteProcessMemory(new(text), [.. words[i], 0], out _);
            text += (uint)words[i].Length + 1;
        }

        Arguments = ((uint)words.Count, table);
        ReadOnlySpan<(string Name, uint Value)> variables =
        [
            ("__mb_cur_max", 1), ("_acmdln", program.CommandLine.Value), ("__initenv", Environment),
        ];
        foreach ((string name, uint value) in variables) Write(PlaceOf(name), value);
        Streams.Begin(PlaceOf("_iob"));
        return true;
    }

    private byte[] ReadCommandLine()
    {
        List<byte> line = [];
        for (VirtualAddress at = program.CommandLine; program.Process.Access.TryRead(at, out byte letter, out _) && letter != 0; at += 1)
            line.Add(letter);
        return [.. line];
    }

    /// <summary>struct lconv of locale "C": a point, texts that are empty, and CHAR_MAX for numbers.</summary>
    private void WriteLocale()
    {
        uint text = Scratch + NameMax - 4;
        program.Process.Access.WriteProcessMemory(new(text), ".\0\0\0"u8.ToArray(), out _);
        Write(Locale, text);
        for (uint i = 1; i < 10; i++) Write(Locale + (i * 4), text + 1);
        program.Process.Access.WriteProcessMemory(new(Locale + 40), Encoding.Latin1.GetBytes(new string('\x7F', 8)), out _);
    }

    private void Write(uint place, uint word) => program.Process.Access.TryWrite(new VirtualAddress(place), word, out _);
}
