namespace Paging.Core;

/// <summary>
/// Whether memory may be writable and executable, and become executable after its mapping. The values are those of PR_SET_MDWE of prctl(2).
/// </summary>
public enum ExecuteGain
{
    /// <summary>Any rights: the default.</summary>
    Allowed = 0,
    /// <summary>Refused with EACCES, here, in forked children and in executed programs.</summary>
    Refused = 1,
    /// <summary>Refused with EACCES, but neither in children nor in executed programs: PR_MDWE_NO_INHERIT.</summary>
    RefusedHere = 3,
}
