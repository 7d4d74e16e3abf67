using Iced.Intel;

namespace Paging.Guest.Checking;

/// <summary>The conditions of branches, computed from flags. Source: Intel SDM 1, appendix B.</summary>
internal static class FlagConditions
{
    private const uint Carry = 1, Parity = 1 << 2, Zero = 1 << 6, Sign = 1 << 7, Overflow = 1 << 11;    // SDM 1 3.4.3.1

    /// <summary>Returns true if a condition holds.</summary>
    public static bool Holds(ConditionCode condition, uint flags)
    {
        bool isLess = ((flags & Sign) != 0) != ((flags & Overflow) != 0);
        return condition switch
        {
            ConditionCode.o => (flags & Overflow) != 0,
            ConditionCode.no => (flags & Overflow) == 0,
            ConditionCode.b => (flags & Carry) != 0,
            ConditionCode.ae => (flags & Carry) == 0,
            ConditionCode.e => (flags & Zero) != 0,
            ConditionCode.ne => (flags & Zero) == 0,
            ConditionCode.be => (flags & (Carry | Zero)) != 0,
            ConditionCode.a => (flags & (Carry | Zero)) == 0,
            ConditionCode.s => (flags & Sign) != 0,
            ConditionCode.ns => (flags & Sign) == 0,
            ConditionCode.p => (flags & Parity) != 0,
            ConditionCode.np => (flags & Parity) == 0,
            ConditionCode.l => isLess,
            ConditionCode.ge => !isLess,
            ConditionCode.le => isLess || (flags & Zero) != 0,
            _ => !isLess && (flags & Zero) == 0,
        };
    }
}
