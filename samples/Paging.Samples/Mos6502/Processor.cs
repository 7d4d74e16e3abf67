namespace Paging.Samples.Mos6502;

/// <summary>What a 6502 core asks of its machine: a byte at an address.</summary>
public interface IBus
{
    /// <summary>Loads a byte.</summary>
    byte Read(ushort address);

    /// <summary>Stores a byte.</summary>
    void Write(ushort address, byte value);
}

/// <summary>A MOS 6502 with the instructions that the sample's program has.</summary>
/// <typeparam name="TBus">The bus. A struct, so that the compiler inlines its accesses.</typeparam>
public sealed class Processor<TBus>(TBus bus) where TBus : struct, IBus
{
    private readonly TBus _bus = bus;
    private byte _a, _x, _y;
    private bool _carry, _zero, _negative;
    private ushort _pc;

    /// <summary>The bytes of <see cref="Save"/>.</summary>
    public const int StateLength = 6;

    /// <summary>Begins where the reset vector points to.</summary>
    public void Reset() => _pc = Word(0xFFFC);

    /// <summary>Copies the registers.</summary>
    public void Save(Span<byte> state)
    {
        int flags = (_carry ? 1 : 0) | (_zero ? 2 : 0) | (_negative ? 0x80 : 0);
        ((ReadOnlySpan<byte>)[_a, _x, _y, (byte)flags, (byte)_pc, (byte)(_pc >> 8)]).CopyTo(state);
    }

    /// <summary>Sets the registers.</summary>
    public void Restore(ReadOnlySpan<byte> state)
    {
        (_a, _x, _y) = (state[0], state[1], state[2]);
        (_carry, _zero, _negative) = ((state[3] & 1) != 0, (state[3] & 2) != 0, (state[3] & 0x80) != 0);
        _pc = (ushort)(state[4] | (state[5] << 8));
    }

    /// <summary>Executes so many instructions at most. Returns the number executed: fewer after BRK.</summary>
    /// <exception cref="NotSupportedException">The program has another instruction.</exception>
    public long Run(long count)
    {
        for (long done = 0; done < count; done++)
        {
            byte code = Fetch();
            switch (code)
            {
                case 0x00: _pc--; return done;                                      // BRK, which stays where it is
                case 0x18: _carry = false; break;                                   // CLC
                case 0x4C: _pc = Word(_pc); break;                                  // JMP
                case 0x69: Add(Fetch()); break;                                     // ADC #
                case 0x79: Add(_bus.Read((ushort)(FetchWord() + _y))); break;       // ADC a,Y
                case 0x85: _bus.Write(Fetch(), _a); break;                          // STA z
                case 0x86: _bus.Write(Fetch(), _x); break;                          // STX z
                case 0x8A: _a = Flags(_x); break;                                   // TXA
                case 0x8D: _bus.Write(FetchWord(), _a); break;                      // STA a
                case 0x99: _bus.Write((ushort)(FetchWord() + _y), _a); break;       // STA a,Y
                case 0xA0: _y = Flags(Fetch()); break;                              // LDY #
                case 0xA2: _x = Flags(Fetch()); break;                              // LDX #
                case 0xA5: _a = Flags(_bus.Read(Fetch())); break;                   // LDA z
                case 0xA6: _x = Flags(_bus.Read(Fetch())); break;                   // LDX z
                case 0xA9: _a = Flags(Fetch()); break;                              // LDA #
                case 0xC8: _y = Flags((byte)(_y + 1)); break;                       // INY
                case 0xD0: Branch(!_zero); break;                                   // BNE
                case 0xE0: Compare(_x, Fetch()); break;                             // CPX #
                case 0xE8: _x = Flags((byte)(_x + 1)); break;                       // INX
                default: throw new NotSupportedException($"The processor has no instruction {code:x2}, which is at {_pc - 1:x4}.");
            }
        }

        return count;
    }

    private byte Fetch() => _bus.Read(_pc++);

    private ushort Word(ushort address) => (ushort)(_bus.Read(address) | (_bus.Read((ushort)(address + 1)) << 8));

    private ushort FetchWord()
    {
        ushort word = Word(_pc);
        _pc += 2;
        return word;
    }

    private byte Flags(byte value)
    {
        (_zero, _negative) = (value == 0, value >= 0x80);
        return value;
    }

    private void Add(byte value)
    {
        int sum = _a + value + (_carry ? 1 : 0);
        _carry = sum > 0xFF;
        _a = Flags((byte)sum);
    }

    private void Compare(byte register, byte value)
    {
        _carry = register >= value;
        Flags((byte)(register - value));
    }

    private void Branch(bool isTaken)
    {
        sbyte offset = (sbyte)Fetch();
        if (isTaken) _pc = (ushort)(_pc + offset);
    }
}
