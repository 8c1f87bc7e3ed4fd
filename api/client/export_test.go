package client

import "time"

// WithoutJitter makes a client wait for factor times its longest possible wait.
func (c *Client) WithoutJitter(factor float64) *Client {
	c.jitter = func(most time.Duration) time.Duration { return time.Duration(float64(most) * factor) }
	return c
}
