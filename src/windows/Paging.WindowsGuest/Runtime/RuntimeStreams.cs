using Paging.Native;
using Paging.WindowsGuest.Calls;

namespace Paging.WindowsGuest.Runtime;

//   FILE, 32 bytes:  00 next byte  04 bytes left: always 0, so that macros call  08 buffer  0C flags  10 number  …
/// <summary>The streams stdout and stderr of a program. A FILE* leads to a place in <c>_iob</c>.</summary>
internal sealed class RuntimeStreams(ProgramState program)
{
    private const uint Flags = 12, Number = 16, Writes = 2;    // _IOWRT of stdio.h

    private readonly RuntimeStream _output = new(program.Output, isBuffered: true);
    private readonly RuntimeStream _errors = new(program.Errors, isBuffered: false);    // C11 7.21.3
    private uint _table;

    /// <summary>Fills the table of the streams in the program's memory.</summary>
    public void Begin(uint table)
    {
        _table = table;
        for (uint number = 1; number <= 2; number++)
        {
            Write(PlaceOf(number) + Flags, Writes);
            Write(PlaceOf(number) + Number, number);
        }
    }

    /// <summary>The FILE* of a stream's number.</summary>
    public uint PlaceOf(uint number) => _table + (number * RuntimeVariables.StreamLength);

    /// <summary>The number of a FILE*; one too large for any stream if the pointer is not a FILE*.</summary>
    public uint NumberOf(uint place) => (place - _table) / RuntimeVariables.StreamLength;

    /// <summary>The stream of a FILE*.</summary>
    public bool TryFind(uint place, out RuntimeStream stream)
    {
        stream = NumberOf(place) switch { 1 => _output, 2 => _errors, _ => null! };
        return stream is not null;
    }

    /// <summary>Writes the collected bytes of every stream.</summary>
    public void FlushAll()
    {
        _output.Flush();
        _errors.Flush();
    }

    private void Write(uint place, uint word) => program.Process.Access.TryWrite(new VirtualAddress(place), word, out _);
}
