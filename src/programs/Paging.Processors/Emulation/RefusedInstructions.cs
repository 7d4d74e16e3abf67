using System.Buffers;
using Iced.Intel;
using Paging.Core;
using Paging.Native;
using Paging.Processors.Unicorn;

namespace Paging.Processors.Emulation;

//   a block is translated ──► it has such an instruction ──► the library stops before the block ──► its address becomes an end of runs
//       ──► the code is translated again, up to there ──► the run ends there ──► #GP or #UD
/// <summary>
/// Instructions that the library executes although a processor refuses them: those on ports, which ring 3 may not execute (IOPL is 0), and
/// LOCK before what cannot be locked.
/// </summary>
/// <remarks>
/// The library knows ends of runs by virtual address, in every process. Where another process has other code at that address, it is no end
/// any more. Intel SDM 1, 19.5; 2A, LOCK.
/// </remarks>
internal sealed class RefusedInstructions
{
    private const byte Lock = 0xF0;
    private const int LengthMax = 2 * (int)VirtualAddress.PageSize;    // a block is shorter

    private static readonly SearchValues<byte> Opcodes =
        SearchValues.Create([0x6C, 0x6D, 0x6E, 0x6F, 0xE4, 0xE5, 0xE6, 0xE7, 0xEC, 0xED, 0xEE, 0xEF, Lock]);

    private const ProcessorVector None = (ProcessorVector)(-1);

    private readonly UnicornMachine _machine;
    private readonly MemoryCoherence _memory;
    private readonly byte[] _bytes = new byte[LengthMax + AccessDecoder.LongestInstruction];
    private readonly ByteArrayCodeReader _reader;
    private readonly Decoder _decoder;
    private readonly HashSet<ulong> _ends = [];
    private readonly List<PageNumber> _changed = [];    // pages with code to translate again

    public RefusedInstructions(UnicornMachine machine, MemoryCoherence memory)
    {
        (_machine, _memory) = (machine, memory);
        _reader = new(_bytes);
        _decoder = Decoder.Create(32, _reader);
    }

    /// <summary>Looks through a translated block. Returns true if the library must stop before it executes the block.</summary>
    public bool NoteBlock(VirtualAddress first, int byteLength)
    {
        if (_memory.Process is null) return false;    // while ring 3 is entered for the first time
        int length = _memory.ReadCode(first, _bytes.AsSpan(0, Math.Min(byteLength, LengthMax)));
        if (!_bytes.AsSpan(0, length).ContainsAny(Opcodes)) return false;
        _reader.Position = 0;
        _decoder.IP = first.Value;
        bool isFound = false;
        while (_reader.Position < length)
        {
            int at = _reader.Position;
            _decoder.Decode(out Instruction instruction);
            if (VectorOf(instruction, at) == None || !_ends.Add(instruction.IP32)) continue;
            _changed.Add(new VirtualAddress(instruction.IP32).Page);
            isFound = true;
        }

        return isFound;
    }

    /// <summary>True if the library has stopped to translate code again.</summary>
    public bool HasChanges => _changed.Count > 0;

    /// <summary>Makes the new ends known to the library, which executes nothing now.</summary>
    public void Apply()
    {
        if (_changed.Count == 0) return;
        SetEnds([.. _ends]);
        foreach (PageNumber page in _changed) _memory.TranslateAgain(page);
        _changed.Clear();
    }

    /// <summary>Returns true if the run has ended at an instruction that a processor refuses.</summary>
    public bool TryRefuse(uint eip, out ProcessorExit exit)
    {
        exit = default;
        if (_ends.Count == 0 || !_ends.Contains(eip)) return false;
        int length = _memory.ReadCode(new(eip), _bytes.AsSpan(0, AccessDecoder.LongestInstruction));
        _bytes.AsSpan(length, AccessDecoder.LongestInstruction).Clear();
        _reader.Position = 0;
        _decoder.Decode(out Instruction instruction);
        ProcessorVector vector = VectorOf(instruction, 0);
        if (vector != None)
        {
            exit = new(ProcessorExitKind.Exception, vector, 0, default, ExceptionSignals.Of(vector, new(eip), 0));
            return true;
        }

        _ends.Remove(eip);    // another process's code
        _changed.Add(new VirtualAddress(eip).Page);
        return false;
    }

    // SAFETY: the library copies the words.
    private unsafe void SetEnds(ulong[] addresses)
    {
        fixed (ulong* first = addresses)
        {
            UnicornError error = UnicornApi.Control(_machine.Handle, UnicornControl.SetExits, (ulong)first, (ulong)addresses.Length);
            UnicornApi.Check(error, "end runs");
        }
    }

    private ProcessorVector VectorOf(in Instruction instruction, int at) => instruction.Mnemonic switch
    {
        Mnemonic.In or Mnemonic.Out or Mnemonic.Insb or Mnemonic.Insw or Mnemonic.Insd or Mnemonic.Outsb or Mnemonic.Outsw
            or Mnemonic.Outsd => ProcessorVector.GeneralProtection,
        Mnemonic.INVALID when HasLock(at) => ProcessorVector.InvalidInstruction,
        _ => None,
    };

    private bool HasLock(int at)
    {
        while (_bytes[at] is 0x26 or 0x2E or 0x36 or 0x3E or (>= 0x64 and <= 0x67) or 0xF2 or 0xF3) at++;
        return _bytes[at] == Lock;
    }
}
